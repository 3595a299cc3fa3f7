import type { PostStats } from '../../domain/post-stats.ts'
import type { ChangedStates, StateStore } from '../../ports/state-store.ts'
import { lockStats } from './lock-stats.ts'
import type { PostgresDatabase } from './postgres-database.ts'
import { watermarkOf } from './postgres-record-reader.ts'
import { lockSettings } from './postgres-settings-store.ts'
import { changedNow, type StatsRow, statsColumns, statsOfRow } from './stats-row.ts'

const pageSize = 1_000

/**
 * Which physical database this is: it changes with a restore and with a failover. The timeline is read from the WAL being
 * written, since the control file learns of a new one minutes late. Null on a standby, which has no versions to give.
 */
export const physicalDatabase = `(select case when not pg_is_in_recovery()
  then system_identifier || ':' || left(pg_walfile_name(pg_current_wal_lsn()), 8) end from pg_control_system())`

/** The transaction that wrote a row, as a number that does not wrap: the latest possible one with the row's 32 bits. */
function writerOf(alias: string): string {
  const next = '(select pg_snapshot_xmax(pg_current_snapshot())::text::bigint)'
  return `(${next} - (${next} - ${alias}.xmin::text::bigint) % 4294967296)::text::xid8`
}

/** When the server was started, of what {@link PostgresStateStore.changedWithin} gave as `seen`. */
function startOf(seen: string): string | undefined {
  return seen.split('/')[0]
}

/** `post_stats` as the reconciler and the inspectors read it. */
export class PostgresStateStore implements StateStore {
  readonly #database: PostgresDatabase

  constructor(database: PostgresDatabase) {
    this.#database = database
  }

  async range(after: number, limit: number): Promise<PostStats[]> {
    const rows = await this.#database.query<StatsRow>({
      name: 'stats-range',
      text: `select ${statsColumns('s')} from ${this.#stats} s where post_id > $1 order by post_id limit $2`,
      values: [after, limit],
    })
    return rows.map(statsOfRow)
  }

  /** The watermark is read in the statement before the rows, so it never promises more than they hold. */
  async changedWithin(seconds: number, seen: string | null = null): Promise<ChangedStates> {
    const [row] = await this.#database.query<{ watermark: number | null; since: string; seen: string }>({
      name: 'stats-reached',
      text: `select ${watermarkOf(this.#database.schema)} as watermark,
  (clock_timestamp() - make_interval(secs => $1))::text as since,
  extract(epoch from pg_postmaster_start_time()) || '/' || pg_current_snapshot() as seen`,
      values: [seconds],
    })
    const { watermark = null, since = '-infinity', seen: now = '' } = row ?? {}
    // A database that was put back counts its transactions anew.
    const known = seen !== null && startOf(seen) === startOf(now) ? seen.slice(seen.indexOf('/') + 1) : null
    return { pages: this.#changedAfter(since, known), watermark, seen: now }
  }

  /**
   * By id: by time a row that changes again meanwhile would be overlooked. Not prepared, since the plan depends on the
   * time: an index scan of a few rows, or one pass over the table after a long outage.
   */
  async *#changedAfter(since: string, snapshot: string | null): AsyncIterable<PostStats[]> {
    for (let after = 0; ; ) {
      const rows = await this.#database.query<StatsRow>({
        text: `select ${statsColumns('s')} from ${this.#stats} s
where changed_at > $1::timestamptz and post_id > $2
  and ($4::pg_snapshot is null or s.deleted or not pg_visible_in_snapshot(${writerOf('s')}, $4)) order by post_id limit $3`,
        values: [since, after, pageSize, snapshot],
      })
      if (rows.length > 0) yield rows.map(statsOfRow)
      const last = rows.at(-1)
      if (last === undefined || rows.length < pageSize) return
      after = last.post_id
    }
  }

  async raise(ids: readonly number[], above = 0): Promise<PostStats[]> {
    if (ids.length === 0) return []
    return this.#database.transaction(async (connection) => {
      // As a fold does: once the floor is raised nothing commits a version that was computed under the old one.
      await connection.query(lockSettings(this.#database.schema, 'shared'))
      await lockStats(connection, this.#database.schema, ids)
      const rows = await connection.query<StatsRow>({
        text: `update ${this.#stats} s
set version = greatest(version, $2, (select version_floor from ${this.#database.schema}.settings)) + 1, changed_at = ${changedNow}
where post_id = any ($1::bigint[]) returning ${statsColumns('s')}`,
        values: [ids, above],
      })
      return rows.map(statsOfRow)
    })
  }

  async moved(): Promise<boolean> {
    const [row] = await this.#database.query<{ moved: boolean }>(
      `select coalesce(p.name <> s.physical_database, false) or s.physical_database is null as moved
from ${this.#database.schema}.settings s, (select ${physicalDatabase} as name) p`,
    )
    return row?.moved ?? false
  }

  async raiseFloor(floor: number): Promise<void> {
    const { schema } = this.#database
    await this.#database.transaction(async (connection) => {
      await connection.query(lockSettings(schema, 'exclusive'))
      await connection.query({
        text: `update ${schema}.settings
set version_floor = greatest(version_floor, $1::bigint), physical_database = ${physicalDatabase}`,
        values: [floor],
      })
    })
  }

  get #stats(): string {
    return `${this.#database.schema}.post_stats`
  }
}
