import type { Settings } from '../../domain/settings.ts'
import { isoTime } from '../../domain/time.ts'
import { arrayOf, type Queryable } from './postgres-database.ts'

export type QuarantineSettings = Pick<Settings, 'quarantine' | 'releaseAfterHours'>

/** Who a quarantine is by, and its public reason. */
export const quarantineBy = 'post-rate'
export const quarantineReason = 'quarantine'

/** Times of quarantines are whole milliseconds, so that they survive JavaScript. */
const now = `date_trunc('milliseconds', clock_timestamp())`

/**
 * Begins a quarantine in the transaction of the fold that armed the guard. From its commit on the triggers mark arrivals; those since the
 * begin of the rush are marked by `PostgresQuarantineStore.settle`.
 */
export async function beginQuarantine(
  connection: Queryable,
  schema: string,
  { postId, from }: { postId: number; from: number },
  { quarantine, releaseAfterHours }: QuarantineSettings,
): Promise<void> {
  if (quarantine === 'off') return
  await connection.query({
    name: 'begin-quarantine',
    text: `
insert into ${schema}.exclusions (post_id, starts_at, ends_at, standing, reason, excluded_by, release_at, settled)
select $1, $2, t, $3, '${quarantineReason}', '${quarantineBy}', t, false from (select ${now} + make_interval(secs => $4) as t) n`,
    values: [postId, isoTime(from), quarantine === 'new' ? 'new' : null, 3_600 * releaseAfterHours],
  })
}

/** The guard is not armed any more: what arrives from now on counts, and what has arrived does not until the time is over. */
export async function stopQuarantines(connection: Queryable, schema: string, postId: number): Promise<void> {
  await connection.query({
    name: 'stop-quarantines',
    text: `
update ${schema}.exclusions set ends_at = greatest(${now}, starts_at + interval '1 ms'), settled = false
where post_id = $1 and release_at is not null and restored_at is null and ends_at > clock_timestamp()`,
    values: [postId],
  })
}

/** Ends the quarantines of deleted posts: a post that is made again under the same id begins without them. */
export async function endQuarantines(connection: Queryable, schema: string, postIds: readonly number[]): Promise<void> {
  await connection.query({
    name: 'end-quarantines',
    text: `
update ${schema}.exclusions
set restored_at = clock_timestamp(), restored_by = '${quarantineBy}', restore_reason = 'the post was deleted', settled = false
where post_id = any ($1::bigint[]) and release_at is not null and restored_at is null`,
    values: [arrayOf(postIds)],
  })
}
