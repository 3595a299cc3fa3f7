import type { RatingKey, WithdrawOutcome } from '../../ports/rating-store.ts'
import { arrayOf, type PostgresDatabase } from './postgres-database.ts'
import type { RatingTables } from './ratings-upsert.ts'
import { splitBatch } from './split-batch.ts'
import { lateness, type WriteDeadline, writeDeadline } from './write-deadline.ts'

interface WithdrawnRow {
  known: boolean
  locked: boolean
  now: number
  late: boolean
}

/** Withdraws a batch. A row that a trigger of the host's rejects fails alone. */
export async function withdrawRatings(
  database: PostgresDatabase,
  tables: RatingTables,
  deadline: WriteDeadline,
  keys: readonly RatingKey[],
): Promise<WithdrawOutcome[]> {
  const outcomes = await splitBatch(keys, (part) => withdrawPart(database, tables, deadline, part))
  return outcomes.map((outcome) => outcome ?? false)
}

/** In one statement, which waits for no row: it leaves out those that another transaction has locked. */
async function withdrawPart(
  database: PostgresDatabase,
  { ratings, posts }: RatingTables,
  deadline: WriteDeadline,
  keys: readonly RatingKey[],
): Promise<(boolean | 'locked')[]> {
  const known =
    posts === null ? 'true' : `exists (select from ${posts} p where p.id = i.post_id and p.deleted_at is null)`
  const rows = await database.query<WithdrawnRow>({
    name: `withdraw-${posts === null ? 'external' : 'own'}`,
    text: `
with input as materialized (
select i.* from unnest((select $1::bigint[]), (select $2::text[])) with ordinality as i (post_id, user_id, n)),
held as materialized (
select i.n, r.* from input i cross join lateral (select r.post_id, r.user_id from ${ratings} r
where r.post_id = i.post_id and r.user_id = i.user_id for update skip locked) r),
gone as (
delete from ${ratings} r using held h
where r.post_id = h.post_id and r.user_id = h.user_id and clock_timestamp() < ${writeDeadline('$3')} returning 1)
select ${known} as known, h.n is null and exists (
select from ${ratings} r where r.post_id = i.post_id and r.user_id = i.user_id) as locked,
(select count(*) from gone) as gone, ${lateness('$3')}
from input i left join held h using (n) order by i.n`,
    values: [arrayOf(keys.map((key) => key.postId)), keys.map((key) => key.userId), deadline.next()],
  })
  deadline.check(rows[0])
  return rows.map((row) => (row.locked ? 'locked' : row.known))
}
