import { grantLikeOutbox, type Migration } from '../migration.ts'

/**
 * When an account withdrew its rating of a post, for a day: it is no arrival when it rates the post again. Only the guard reads it,
 * and figures stay exact without it. The key is a hash, so that nothing here names an account.
 */
export const withdrawals: Migration = {
  version: 7,
  name: 'withdrawals',
  sql: ({ schema }) => `
create table ${schema}.withdrawals (
  key bigint primary key,
  at timestamptz not null
);
comment on table ${schema}.withdrawals is
  'The first withdrawal of a day, by hashtextextended(user_id, post_id); rows of the day before go with later withdrawals.';
create index withdrawals_at on ${schema}.withdrawals (at);
${grantLikeOutbox(schema, 'withdrawals')}
`,
}
