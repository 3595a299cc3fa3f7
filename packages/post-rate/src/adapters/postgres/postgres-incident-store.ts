import { emptyHistogram, type Histogram } from '../../domain/histogram.ts'
import {
  closeQuiet,
  type IncidentRecord,
  incidentPauseMs,
  withLiveFigures,
  withQuarantined,
} from '../../domain/incident.ts'
import type { PostStats } from '../../domain/post-stats.ts'
import { isoTime } from '../../domain/time.ts'
import type { IncidentDecision, IncidentFigures, IncidentPage, IncidentStore } from '../../ports/incident-store.ts'
import { histogramOfRatings } from './audit-sql.ts'
import { held, quarantineOf } from './excluded-users-sql.ts'
import { addEvent, type IncidentRow, incidentOfRow, saveIncidents } from './incident-rows.ts'
import { arrayOf, type PostgresDatabase, type Queryable } from './postgres-database.ts'
import { type StatsRow, statsColumns, statsOfRow } from './stats-row.ts'

/** Incidents that one call closes. */
const closedAtOnce = 100

interface LiveRow extends IncidentRow {
  live_counts: PostStats['counts'] | null
  live_activity: number | null
  quarantined: Histogram | null
}

/** Incidents in PostgreSQL. The outbox writes them; see `incident-rows.ts`. */
export class PostgresIncidentStore implements IncidentStore {
  readonly #database: PostgresDatabase

  constructor(database: PostgresDatabase) {
    this.#database = database
  }

  async list({ state, postId, limit, after }: IncidentPage): Promise<IncidentRecord[]> {
    const rows = await this.#database.query<LiveRow>({
      text: `${this.#live} where ($1::text is null or i.state = $1) and ($2::bigint is null or i.post_id = $2)
  and ($3::bigint is null or i.id < $3) order by i.id desc limit $4`,
      values: [state, postId, after, limit],
    })
    return rows.map(recordOf)
  }

  async get(id: number): Promise<{ incident: IncidentRecord; newRaters: number | null } | null> {
    const [row] = await this.#database.query<LiveRow>({ text: `${this.#live} where i.id = $1`, values: [id] })
    if (row === undefined) return null
    const incident = recordOf(row)
    return { incident, newRaters: await this.#newRaters(incident) }
  }

  async decide(
    { id, postId, arrivals, scores }: IncidentRecord,
    { state, by, reason }: IncidentDecision,
  ): Promise<IncidentRecord | null> {
    return this.#database.transaction(async (connection) => {
      // The row's lock orders it with folds of the post.
      const [row] = await connection.query<IncidentRow>({
        text: `update ${this.#incidents} set state = $2, decided_by = $3, decided_at = date_trunc('milliseconds', clock_timestamp()),
  reason = $4, arrivals = $5, scores = case when counts_before is not null then $6::bigint[] end,
  decided_activity = case when $2 = 'excluded' then (select activity from ${this.#database.schema}.post_stats where post_id = $7) end
where id = $1 returning *`,
        values: [id, state, by, reason, arrivals, arrayOf(scores), postId],
      })
      if (row === undefined) return null
      const decided = incidentOfRow(row)
      await addEvent(connection, this.#database.schema, 'decided', decided)
      return decided
    })
  }

  async figures(): Promise<IncidentFigures> {
    const [row] = await this.#database.query<{ open: number; oldest: number | null; dead: number }>({
      text: `
select count(*) as open, extract(epoch from clock_timestamp() - min(starts_at))::float8 as oldest,
  (select count(*) from ${this.#events} where receiver = 'webhook' and delivered_at is null and attempts > 0
    and at < clock_timestamp() - interval '1 day') as dead
from ${this.#incidents} where state = 'open'`,
    })
    return { open: row?.open ?? 0, oldestSeconds: Math.max(0, row?.oldest ?? 0), deadLetters: row?.dead ?? 0 }
  }

  async tidy(): Promise<void> {
    await this.#database.transaction((connection) => this.#closeQuiet(connection))
    await this.#database.query(`
with summaries as (
  update ${this.#incidents} set counts_before = null, scores = null
  where id in (select id from ${this.#incidents}
    where counts_before is not null and ends_at < clock_timestamp() - interval '1 year' limit 1000)),
old as (
  select id, receiver from ${this.#events}
  where at < clock_timestamp() - interval '1 day' and delivered_at is not null
    or at < clock_timestamp() - interval '30 days' limit 1000)
delete from ${this.#events} e using old where (e.id, e.receiver) = (old.id, old.receiver)`)
  }

  get #incidents(): string {
    return `${this.#database.schema}.incidents`
  }

  get #events(): string {
    return `${this.#database.schema}.incident_events`
  }

  /** Incidents with the live figures of their posts, where they run, and what their quarantines keep from counting. */
  get #live(): string {
    const { schema } = this.#database
    return `select i.*, s.counts as live_counts, s.activity as live_activity, case when exists (
    select from ${schema}.exclusions e where e.post_id = i.post_id and ${quarantineOf('i')})
  then (select ${histogramOfRatings} from ${schema}.ratings r where r.post_id = i.post_id and ${held(schema, quarantineOf('i'))})
  end as quarantined
from ${this.#incidents} i left join ${schema}.post_stats s on s.post_id = i.post_id and i.ends_at is null`
  }

  /** The share of new accounts among the arrivals; null where no standing is known. */
  async #newRaters({ postId, from, to }: IncidentRecord): Promise<number | null> {
    const [row] = await this.#database.query<{ share: number | null }>({
      text: `
select case when count(established) > 0 then count(*) filter (where not established)::float8 / count(*) end as share
from ${this.#database.schema}.ratings
where post_id = $1 and rated_at >= $2 and ($3::timestamptz is null or rated_at < $3)`,
      values: [postId, isoTime(from), to === null ? null : isoTime(to)],
    })
    return row?.share ?? null
  }

  /** A guard that has nothing to do stays armed until the next rating: its incident ends with what was displayed last. */
  async #closeQuiet(connection: Queryable): Promise<void> {
    const { schema } = this.#database
    const rows = await connection.query<StatsRow>({
      text: `
select ${statsColumns('s')} from ${schema}.post_stats s
where s.step_at is null and s.as_of < clock_timestamp() - interval '${incidentPauseMs / 1_000} seconds'
  and s.post_id in (select post_id from ${this.#incidents} where ends_at is null)
order by s.post_id limit ${closedAtOnce} for update of s skip locked`,
    })
    for (const stats of rows.map(statsOfRow)) {
      const running = await connection.query<IncidentRow>({
        text: `select * from ${this.#incidents} where post_id = $1 and ends_at is null for update`,
        values: [stats.postId],
      })
      const changes = running.map((row) => ({
        incident: closeQuiet(incidentOfRow(row), stats),
        events: ['closed' as const],
      }))
      await saveIncidents(connection, schema, changes)
    }
  }
}

function recordOf({ live_counts: counts, live_activity: activity, quarantined, ...row }: LiveRow): IncidentRecord {
  const live = counts === null || activity === null ? null : { counts, activity }
  return withQuarantined(withLiveFigures(incidentOfRow(row), live), quarantined ?? emptyHistogram)
}
