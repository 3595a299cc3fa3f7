import type { Migration } from '../migration.ts'

/**
 * A post with very many ratings is gone at once, and its rows go in short steps. Whether there is a table of posts was decided by the
 * first migration, so it is looked up.
 */
export const deletions: Migration = {
  version: 6,
  name: 'deletions',
  sql: ({ schema }) => `
do $$ begin
  if to_regclass('${schema}.posts') is not null then
    alter table ${schema}.posts add column deleted_at timestamptz;
    comment on column ${schema}.posts.deleted_at is
      'Readers and raters do not see the post any more; its row goes as soon as its ratings are gone.';
    create index posts_deleted on ${schema}.posts (id) where deleted_at is not null;
  end if;
end $$;
`,
}
