import { arrivesAgainMs } from '../../domain/post-stats.ts'
import type { RatingKey, WithdrawOutcome } from '../../ports/rating-store.ts'
import { arrayOf, type PostgresDatabase } from './postgres-database.ts'
import type { RatingTables } from './ratings-upsert.ts'
import { lookup } from './row-locks.ts'
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

const noteHours = arrivesAgainMs / 3_600_000

/** In one statement, which notes the first withdrawal of a day, sweeps some notes of the day before, and waits for no row: it leaves out those that another transaction has locked. */
async function withdrawPart(
  database: PostgresDatabase,
  { ratings, withdrawals, posts }: RatingTables,
  deadline: WriteDeadline,
  keys: readonly RatingKey[],
): Promise<(boolean | 'locked')[]> {
  const known = posts === null ? 'true' : 'coalesce(p.known, false)'
  const post =
    posts === null
      ? ''
      : lookup(`select true as known from ${posts} p where p.id = i.post_id and p.deleted_at is null`, 'p')
  const rating = `select true as found from ${ratings} r where r.post_id = i.post_id and r.user_id = i.user_id`
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
where r.post_id = h.post_id and r.user_id = h.user_id and clock_timestamp() < ${writeDeadline('$3')} returning r.post_id, r.user_id),
noted as (
insert into ${withdrawals} as w (key, at)
select key, clock_timestamp() from (select distinct hashtextextended(user_id, post_id) as key from gone) g order by key
on conflict (key) do update set at = excluded.at where w.at <= excluded.at - interval '${noteHours} hours'),
swept as (
delete from ${withdrawals} where key in (select w.key from ${withdrawals} w
where w.at < clock_timestamp() - interval '${noteHours + 1} hours'
and not exists (select from gone g where hashtextextended(g.user_id, g.post_id) = w.key)
order by w.at limit 100 for update skip locked))
select ${known} as known, h.n is null and r.found is true as locked,
(select count(*) from gone) as gone, ${lateness('$3')}
from input i left join held h using (n) ${post} ${lookup(rating, 'r')} order by i.n`,
    values: [arrayOf(keys.map((key) => key.postId)), keys.map((key) => key.userId), deadline.next()],
  })
  deadline.check(rows[0])
  return rows.map((row) => (row.locked ? 'locked' : row.known))
}
