import type { Migration } from '../migration.ts'

/** Settings of the spike guard, and of posts with few ratings. A deployment that is there already keeps its policy. */
export const guard: Migration = {
  version: 4,
  name: 'guard',
  sql: ({ schema, settings }) => `
alter table ${schema}.settings
  add column star_takes_hours double precision not null default 4.2 check (star_takes_hours > 0),
  add column min_count integer not null default ${settings.minCount} check (min_count >= 0);
alter table ${schema}.settings alter column star_takes_hours drop default, alter column min_count drop default;
`,
}
