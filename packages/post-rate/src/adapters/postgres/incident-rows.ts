import { emptyHistogram, type Histogram } from '../../domain/histogram.ts'
import {
  describeIncident,
  followIncidents,
  type IncidentChange,
  type IncidentEventKind,
  type IncidentRecord,
  type IncidentState,
  rushingPosts,
} from '../../domain/incident.ts'
import type { PostStats, StatsChange } from '../../domain/post-stats.ts'
import type { Settings } from '../../domain/settings.ts'
import { isoTime } from '../../domain/time.ts'
import { arrayOf, type Queryable } from './postgres-database.ts'
import { beginQuarantine, endQuarantines, type QuarantineSettings, stopQuarantines } from './quarantine-rows.ts'

export interface IncidentRow {
  id: number
  post_id: number
  starts_at: number
  ends_at: number | null
  state: IncidentState
  arrivals: number
  counts_before: Histogram | null
  scores: Histogram | null
  largest_gap: number
  activity: number
  decided_activity: number | null
  decided_by: string | null
  decided_at: number | null
  reason: string | null
}

export function incidentOfRow(row: IncidentRow): IncidentRecord {
  return {
    id: row.id,
    postId: row.post_id,
    from: row.starts_at,
    to: row.ends_at,
    state: row.state,
    arrivals: row.arrivals,
    before: row.counts_before ?? emptyHistogram,
    scores: row.scores ?? emptyHistogram,
    quarantined: emptyHistogram,
    largestGap: row.largest_gap,
    activity: row.activity,
    decidedActivity: row.decided_activity,
    decidedBy: row.decided_by,
    decidedAt: row.decided_at,
    reason: row.reason,
  }
}

/**
 * Writes what a fold or a repair makes of the incidents of its posts, in its own transaction: the caller has locked their states.
 * Without a post whose guard is armed, and without a deleted one, it runs no statement.
 */
export async function writeIncidents(
  connection: Queryable,
  schema: string,
  states: readonly PostStats[],
  changes: readonly StatsChange[],
  settings: Settings,
): Promise<void> {
  const rushing = rushingPosts(states, changes)
  if (rushing.size > 0) {
    const newest = await lockNewest(connection, schema, [...rushing.keys()])
    for (const [postId, steps] of rushing)
      await saveIncidents(connection, schema, followIncidents(newest.get(postId) ?? null, steps, settings), settings)
  }
  const deleted = new Set(changes.filter(({ kind }) => kind === 'deleted').map(({ stats }) => stats.postId))
  if (deleted.size > 0) {
    await connection.query({
      name: 'erase-incidents',
      text: `delete from ${schema}.incidents where post_id = any ($1::bigint[])`,
      values: [arrayOf([...deleted])],
    })
    await endQuarantines(connection, schema, [...deleted])
  }
}

/**
 * Stores incidents, their events and their quarantines. One that is folded again has the same post and begin, and so the same row.
 * `quarantine`: how one is made for a rush that begins; null where none can.
 */
export async function saveIncidents(
  connection: Queryable,
  schema: string,
  changes: readonly IncidentChange[],
  quarantine: QuarantineSettings | null = null,
): Promise<void> {
  for (const { incident, events, rush } of changes) {
    const [row] = await connection.query<{ id: number }>({
      name: 'save-incident',
      text: `
insert into ${schema}.incidents as i
  (post_id, starts_at, ends_at, state, arrivals, counts_before, scores, largest_gap, activity, decided_activity)
values ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10)
on conflict (post_id, starts_at) do update
set ends_at = excluded.ends_at, state = excluded.state, arrivals = excluded.arrivals, scores = excluded.scores,
  largest_gap = excluded.largest_gap
returning id`,
      values: [
        incident.postId,
        isoTime(incident.from),
        incident.to === null ? null : isoTime(incident.to),
        incident.state,
        incident.arrivals,
        arrayOf(incident.before),
        arrayOf(incident.scores),
        incident.largestGap,
        incident.activity,
        incident.decidedActivity,
      ],
    })
    const stored = { ...incident, id: (row as { id: number }).id }
    for (const kind of events) {
      await addEvent(connection, schema, kind, stored)
      if (kind === 'closed') await stopQuarantines(connection, schema, stored.postId)
      else if (rush !== undefined && quarantine !== null)
        await beginQuarantine(connection, schema, { postId: stored.postId, from: rush }, quarantine)
    }
  }
}

/** Stores an event for every receiver, under one id. */
export async function addEvent(
  connection: Queryable,
  schema: string,
  kind: IncidentEventKind,
  incident: IncidentRecord,
): Promise<void> {
  await connection.query({
    name: 'add-incident-event',
    text: `
insert into ${schema}.incident_events (id, receiver, incident_id, kind, incident)
select e.id, r.receiver, $1, $2, $3::json
from (select gen_random_uuid() as id offset 0) e, unnest('{hook,webhook}'::text[]) as r (receiver)`,
    values: [incident.id, kind, JSON.stringify(describeIncident(incident))],
  })
}

/** The newest incident of each post. Locked, so that a decision and a fold follow each other. */
async function lockNewest(
  connection: Queryable,
  schema: string,
  postIds: readonly number[],
): Promise<Map<number, IncidentRecord>> {
  const rows = await connection.query<IncidentRow>({
    name: 'lock-incidents',
    text: `
select i.* from unnest($1::bigint[]) as p (id) cross join lateral (
  select * from ${schema}.incidents where post_id = p.id order by starts_at desc limit 1 for update) i`,
    values: [arrayOf([...postIds].sort((a, b) => a - b))],
  })
  return new Map(rows.map((row) => [row.post_id, incidentOfRow(row)]))
}
