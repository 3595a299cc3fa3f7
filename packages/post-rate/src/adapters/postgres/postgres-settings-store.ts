import {
  type DatedSettings,
  type DisplayPolicyName,
  type DisplaySettings,
  defaultDisplaySettings,
  type Quarantine,
  type RoleSettings,
  type Settings,
} from '../../domain/settings.ts'
import { PostRateError } from '../../errors.ts'
import type { DeploymentRow, SettingsStore } from '../../ports/settings-store.ts'
import type { PostgresClock } from './postgres-clock.ts'
import type { PostgresDatabase, Row } from './postgres-database.ts'
import { rankedAverage, rankedCount } from './stats-row.ts'

/** The settings row: read by every fold, and by readers every few seconds. */
export class PostgresSettingsStore implements SettingsStore {
  readonly #database: PostgresDatabase
  readonly #clock: PostgresClock

  constructor(database: PostgresDatabase, clock: PostgresClock) {
    this.#database = database
    this.#clock = clock
  }

  async load(): Promise<DeploymentRow> {
    const sent = Date.now()
    const [row] = await this.#database.query({
      text: `select clock_timestamp() as now, ${settingsColumns} from ${this.#database.schema}.settings`,
      timeoutMs: this.#database.readTimeoutMs,
    })
    if (!row) throw new PostRateError('SCHEMA_TOO_OLD', 'The settings are missing: run `post-rate migrate`.')
    this.#clock.observe(row.now as number, sent)
    this.#database.sawSchema()
    return deploymentOfRow(row)
  }

  /**
   * What holds at the moment of the change becomes `previous`; an earlier change that has not taken effect is replaced.
   * What held before that is kept for a day, the longest window: until then it may hold for some post.
   */
  async change(changed: Partial<DisplaySettings & RoleSettings>, delaySeconds: number): Promise<DeploymentRow> {
    const { schema } = this.#database
    // What readers were promised depends on all but the prior: without a change of it nothing begins anew.
    const unchanged = '(display, window_seconds, star_per_day, min_count) = ($1, $2, $7, $8)'
    const [row] = await this.#database.transaction(async (connection) => {
      await connection.query(lockSettings(schema, 'exclusive'))
      const [before] = await connection.query(`select ${settingsColumns} from ${schema}.settings`)
      const settings = { ...settingsOfRow(before as Row), ...changed }
      return connection.query({
        text: `
update ${schema}.settings set
  previous = case when ${unchanged} then previous
    when effective_at <= clock_timestamp() or previous is null
    then jsonb_build_object('display', display, 'windowSeconds', window_seconds,
      'prior', jsonb_build_object('weight', prior_weight, 'mean', prior_mean),
      'starPerDay', star_per_day, 'minCount', min_count,
      'effectiveAt', floor(extract(epoch from effective_at) * 1000)::bigint,
      'previous', case when effective_at > clock_timestamp() - interval '1 day' then previous end)
    else previous end,
  display = $1, window_seconds = $2, prior_weight = $3, prior_mean = $4, relay_shards = $5,
  star_per_day = $7, min_count = $8, audit_hours = $9, publish_exclusions = $10,
  quarantine = $11, release_after_hours = $12,
  effective_at = case when ${unchanged} then effective_at
    else date_trunc('milliseconds', clock_timestamp()) + make_interval(secs => $6) end
returning ${settingsColumns}`,
        values: [
          settings.display,
          settings.windowSeconds,
          settings.prior.weight,
          settings.prior.mean,
          settings.relayShards,
          delaySeconds,
          settings.starPerDay,
          settings.minCount,
          settings.audit,
          settings.publishExclusions,
          settings.quarantine,
          settings.releaseAfterHours,
        ],
      })
    })
    await this.#rank()
    return deploymentOfRow(row as Row)
  }

  /**
   * Ranks by the stored prior where the rank is another one. In ranges, so that no relay waits long. Each range shares the
   * settings lock, as folds do: the prior does not change while it is written.
   */
  async #rank(): Promise<void> {
    const { schema } = this.#database
    const rank = `round((c.prior_weight::numeric * c.prior_mean::numeric + ${rankedAverage} * ${rankedCount})
  / (c.prior_weight::numeric + ${rankedCount}), 12)`
    const text = `
with range as materialized (
  select post_id from ${schema}.post_stats where post_id > $1 order by post_id limit 5000),
wrong as materialized (
  select s.post_id from range join ${schema}.post_stats s using (post_id), ${schema}.settings c
  where s.rank is distinct from ${rank} order by s.post_id for update of s),
ranked as (
  update ${schema}.post_stats s set rank = ${rank} from wrong, ${schema}.settings c where s.post_id = wrong.post_id)
select max(post_id) as last from range`
    for (let after = 0; ; ) {
      const [row] = await this.#database.transaction(async (connection) => {
        await connection.query(lockSettings(schema, 'shared'))
        return connection.query<{ last: number | null }>({ text, values: [after] })
      })
      if (!row?.last) return
      after = row.last
    }
  }
}

/**
 * Folds share the settings, changes of them are alone; waiting is fair, which row locks would not be: a row that is locked
 * by one reader after the other is never free for a writer. The transaction holds it.
 */
export function lockSettings(schema: string, mode: 'shared' | 'exclusive'): string {
  const lock = mode === 'shared' ? 'pg_advisory_xact_lock_shared' : 'pg_advisory_xact_lock'
  return `select ${lock}(hashtextextended('post-rate settings ${schema}', 0))`
}

export const settingsColumns =
  'display, window_seconds, prior_weight, prior_mean, star_per_day, min_count, relay_shards, audit_hours, publish_exclusions, quarantine, release_after_hours, effective_at, previous, posts, source, version_floor'

export function deploymentOfRow(row: Row): DeploymentRow {
  return {
    settings: settingsOfRow(row),
    posts: row.posts as 'own' | 'external',
    source: row.source as string,
    versionFloor: row.version_floor as number,
  }
}

export function settingsOfRow(row: Row): Settings {
  return {
    display: row.display as DisplayPolicyName,
    windowSeconds: row.window_seconds as number,
    prior: { weight: row.prior_weight as number, mean: row.prior_mean as number },
    starPerDay: row.star_per_day as number,
    minCount: row.min_count as number,
    relayShards: row.relay_shards as number,
    audit: row.audit_hours as number,
    publishExclusions: row.publish_exclusions as boolean,
    quarantine: row.quarantine as Quarantine,
    releaseAfterHours: row.release_after_hours as number,
    effectiveAt: row.effective_at as number,
    previous: completed(row.previous as DatedSettings | null),
  }
}

/** What an earlier version noted has fewer settings, or others. */
function completed(previous: DatedSettings | null): DatedSettings | null {
  if (previous === null) return null
  const { display, windowSeconds, prior, starPerDay, minCount, effectiveAt } = {
    ...defaultDisplaySettings,
    ...previous,
  }
  return { display, windowSeconds, prior, starPerDay, minCount, effectiveAt, previous: completed(previous.previous) }
}
