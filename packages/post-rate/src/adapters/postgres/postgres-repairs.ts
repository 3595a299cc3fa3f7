import { notAhead } from '../../domain/display-window.ts'
import { emptyHistogram, type Histogram, sameHistogram } from '../../domain/histogram.ts'
import { displayIsStale, type FoldContext, type PostStats } from '../../domain/post-stats.ts'
import type { AuditStore, Suspect } from '../../ports/audit-store.ts'
import { expectedOfOne } from './audit-sql.ts'
import { settledUsers } from './excluded-users-sql.ts'
import { writeIncidents } from './incident-rows.ts'
import { addMissingStats, lockStats } from './lock-stats.ts'
import type { PostgresDatabase, Queryable, Row } from './postgres-database.ts'
import { watermarkOf } from './postgres-record-reader.ts'
import { lockSettings, settingsColumns, settingsOfRow } from './postgres-settings-store.ts'
import { writeStats } from './stats-row.ts'

/** Locked at once: for some 30 ms, in which the relay's fold of one of these posts waits. */
const repairedAtOnce = 500

export type Repair = Parameters<AuditStore['repair']>[1]

/** Writes what a comparison found to be right over wrong states, each under its row's lock. */
export class PostgresRepairs {
  readonly #database: PostgresDatabase
  readonly #findPosts: () => Promise<'own' | 'external'>

  constructor(database: PostgresDatabase, posts: () => Promise<'own' | 'external'>) {
    this.#database = database
    this.#findPosts = posts
  }

  /**
   * What ratings and unfolded changes add up to is changed by folds alone, and each of them raises the version. So what
   * was found with the version that a state still has is still right, and need not be counted again under its lock.
   */
  async repair(suspects: readonly Suspect[], repair: Repair): Promise<PostStats[]> {
    const repaired: PostStats[] = []
    for (let at = 0; at < suspects.length; at += repairedAtOnce) {
      const found = new Map(suspects.slice(at, at + repairedAtOnce).map((suspect) => [suspect.postId, suspect]))
      const marked = await this.#markExcluded([...found.keys()])
      const states = await this.#database.transaction(async (connection) => {
        const { context, now } = await this.#context(connection)
        const locked = await lockStats(connection, this.#database.schema, [...found.keys()])
        const same = locked.filter(
          ({ postId, version }) => found.get(postId)?.version === version && !marked.has(postId),
        )
        const { schema } = this.#database
        const changes = same.map((stats) => {
          const { expected } = found.get(stats.postId) as Suspect
          return repair(stats, expected, now, context)
        })
        const changed = same.map((stats, n) => changes[n]?.at(-1)?.stats ?? stats)
        await writeStats(connection, schema, changed, context.settings.prior)
        await writeIncidents(connection, schema, same, changes.flat(), context.settings)
        return changed
      })
      repaired.push(...states)
      for (const { postId } of states) found.delete(postId)
      for (const postId of found.keys()) repaired.push(...(await this.#repairAnew(postId, repair, marked.has(postId))))
    }
    return repaired
  }

  /**
   * Marks ratings of excluded users that bypassed the triggers. The change is recorded for the relay, which counts it: what was found
   * of these posts is no longer right.
   */
  async #markExcluded(ids: readonly number[]): Promise<Set<number>> {
    const { schema } = this.#database
    const rows = await this.#database.query<{ post_id: number }>({
      text: `
with part as materialized (
  select post_id, user_id from ${schema}.ratings
  where post_id = any ($1::bigint[]) and excluded_rated_at is distinct from rated_at and user_id in ${settledUsers(schema)}
  order by post_id, user_id for no key update)
update ${schema}.ratings r set excluded_rated_at = r.rated_at from part
where r.post_id = part.post_id and r.user_id = part.user_id returning r.post_id`,
      values: [ids],
    })
    return new Set(rows.map((row) => row.post_id))
  }

  /** `changed`: it counts as repaired whatever is found now. */
  async #repairAnew(postId: number, repair: Repair, changed: boolean): Promise<PostStats[]> {
    const { schema } = this.#database
    return this.#database.transaction(async (connection) => {
      const { context, now } = await this.#context(connection)
      let [stats] = await lockStats(connection, schema, [postId])
      const missing = stats === undefined
      if (stats === undefined) {
        if (!(await this.#isKnown(connection, postId))) return []
        await addMissingStats(connection, schema, [postId], context)
        stats = (await lockStats(connection, schema, [postId]))[0] as PostStats
      }
      // A statement of its own, and so a snapshot after the lock: what was folded before it is in the state, the rest is not.
      const [row] = await connection.query<{ expected: Histogram; misranked: boolean }>({
        name: 'audit-one',
        text: expectedOfOne(schema),
        values: [postId],
      })
      const expected = row?.expected ?? emptyHistogram
      const right = sameHistogram(stats.counts, expected) && !displayIsStale(stats) && !row?.misranked
      if (right) return missing || changed ? [stats] : []
      const changes = repair(stats, expected, now, context)
      const repaired = changes.at(-1)?.stats ?? stats
      await writeStats(connection, schema, [repaired], context.settings.prior)
      await writeIncidents(connection, schema, [stats], changes, context.settings)
      return [repaired]
    })
  }

  /** A post that exists, or that at least somebody rated. */
  async #isKnown(connection: Queryable, postId: number): Promise<boolean> {
    const { schema } = this.#database
    const own = (await this.#findPosts()) === 'own' ? `or exists (select from ${schema}.posts where id = $1)` : ''
    const [row] = await connection.query<{ known: boolean }>({
      text: `select exists (select from ${schema}.ratings where post_id = $1) ${own} as known`,
      values: [postId],
    })
    return row?.known ?? false
  }

  async #context(connection: Queryable): Promise<{ context: FoldContext; now: number }> {
    const { schema } = this.#database
    await connection.query(lockSettings(schema, 'shared'))
    const [row] = await connection.query(
      `select clock_timestamp() as now, ${watermarkOf(schema)} as watermark, ${settingsColumns} from ${schema}.settings`,
    )
    const found = row as Row
    const now = found.now as number
    return {
      now,
      context: {
        settings: settingsOfRow(found),
        versionFloor: found.version_floor as number,
        watermark: notAhead((found.watermark as number | null) ?? Number.NEGATIVE_INFINITY, now),
      },
    }
  }
}
