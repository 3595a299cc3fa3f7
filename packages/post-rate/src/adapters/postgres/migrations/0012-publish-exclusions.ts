import type { Migration } from '../migration.ts'

/** Whether readers are told of excluded ratings. A constant default adds the column without rewriting the row. */
export const publishExclusions: Migration = {
  version: 12,
  name: 'publish-exclusions',
  sql: ({ schema }) => `
alter table ${schema}.settings add column publish_exclusions boolean not null default true;
comment on column ${schema}.settings.publish_exclusions is
  'Whether a post''s history tells readers how many ratings are excluded, of which periods, and why.';
`,
}
