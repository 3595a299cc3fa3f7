import { isoTime } from '../../domain/time.ts'
import type { Shard } from '../../ports/outbox.ts'
import type { Queryable } from './postgres-database.ts'

/** Beside the leases, whose names begin otherwise; a day later it says nothing any more. */
const note = 'clock:set-back'

/**
 * The clock of the database was ahead when this shard was folded, and is right again: what was noted under it no longer
 * holds back what comes. States that were dated into the future are brought back when they are folded.
 */
export async function setBackProgress(
  connection: Queryable,
  schema: string,
  shard: Shard,
  { now, reached }: { now: number; reached: number },
): Promise<void> {
  await connection.query({
    text: `update ${schema}.relay_progress set watermark = $3 where shard = $1 and shards = $2`,
    values: [shard.index, shard.count, isoTime(now)],
  })
  // A change of the settings takes effect some seconds after it was made.
  await connection.query(
    `update ${schema}.settings set effective_at = date_trunc('milliseconds', clock_timestamp()) + interval '10 s'
where effective_at > clock_timestamp() + interval '1 minute'`,
  )
  await connection.query({
    text: `insert into ${schema}.leases (name, holder, expires_at) values ($1, $2, clock_timestamp() + interval '1 day')
on conflict (name) do update set holder = excluded.holder, expires_at = excluded.expires_at`,
    values: [note, String(Math.round((reached - now) / 1000))],
  })
}

/** SQL of a JSON object of a `ClockSetBack`, null where nothing was found within a day. */
export function clockSetBack(schema: string): string {
  return `(select json_build_object('seconds', holder::float8,
    'at', extract(epoch from expires_at - interval '1 day') * 1000)
  from ${schema}.leases where name = '${note}' and expires_at between clock_timestamp() and clock_timestamp() + interval '25 hours')`
}
