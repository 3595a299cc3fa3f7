import type { FoldContext, PostStats } from '../../domain/post-stats.ts'
import { arrayOf, type Queryable } from './postgres-database.ts'
import { type StatsRow, statsColumns, statsOfRow } from './stats-row.ts'

/** Locks the rows of these posts, in the order of their ids; posts without a row are left out. */
export async function lockStats(connection: Queryable, schema: string, ids: readonly number[]): Promise<PostStats[]> {
  const rows = await connection.query<StatsRow>({
    name: 'lock-stats',
    text: `select ${statsColumns('s')} from ${schema}.post_stats s where post_id = any ($1::bigint[]) order by post_id for update`,
    values: [arrayOf(ids)],
  })
  return rows.map(statsOfRow)
}

/** Makes rows for posts that have none. */
export async function addMissingStats(
  connection: Queryable,
  schema: string,
  ids: readonly number[],
  context: FoldContext,
): Promise<void> {
  await connection.query({
    text: `insert into ${schema}.post_stats (post_id, rank) select id, $2 from unnest($1::bigint[]) as n (id) on conflict do nothing`,
    values: [ids, context.settings.prior.mean],
  })
}
