import type { DatedRating } from '../../domain/rating.ts'
import type { ExportOptions } from '../../ports/rating-store.ts'
import type { PostgresDatabase } from './postgres-database.ts'

const exportBatch = 5_000
/** Whoever reads the export may take their time between two batches. */
const limits =
  "set local statement_timeout = 0; set local lock_timeout = '5s'; set local idle_in_transaction_session_timeout = 0"

/** One cursor, and so one snapshot: consistent, and bounded in memory on both sides. */
export async function* exportRatings(
  database: PostgresDatabase,
  { countedOnly = false }: ExportOptions,
): AsyncIterable<DatedRating> {
  const client = await database.connect()
  let failed: Error | undefined
  const onError = (error: Error) => {
    failed = error
  }
  client.on('error', onError)
  try {
    const connection = await database.begin(client, { limits, readOnly: true })
    await connection.query(
      `declare every_rating no scroll cursor for
       select post_id, user_id, score, extract(epoch from rated_at) * 1000 as rated_at,
         excluded_rated_at is not distinct from rated_at as excluded, established
       from ${database.schema}.ratings
       ${countedOnly ? 'where excluded_rated_at is distinct from rated_at' : ''} order by post_id, user_id`,
    )
    for (;;) {
      const rows = await connection.query<{
        post_id: number
        user_id: string
        score: number
        rated_at: string
        excluded: boolean
        established: boolean | null
      }>(`fetch ${exportBatch} from every_rating`)
      for (const row of rows)
        yield {
          postId: row.post_id,
          userId: row.user_id,
          score: row.score as DatedRating['score'],
          ratedAt: Math.floor(Number(row.rated_at)),
          excluded: row.excluded,
          established: row.established,
        }
      if (rows.length < exportBatch) break
    }
    await client.query('commit')
  } catch (error) {
    failed = error as Error
    throw error
  } finally {
    client.off('error', onError)
    // An export that was left early is in a transaction still: the connection goes with it.
    client.release(failed ?? true)
  }
}
