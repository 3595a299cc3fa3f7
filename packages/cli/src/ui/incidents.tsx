/** @jsxRuntime automatic */
import type { Incident, IncidentState } from 'post-rate'
import { sparkline } from './bar.tsx'
import { Cells, idWidth } from './cells.tsx'
import { shortCount, span } from './numbers.ts'
import { Panel } from './panel.tsx'
import { printable } from './printable.ts'
import { Say, type Tone } from './tone.tsx'

export interface IncidentsProps {
  /** The newest first. Null while they are read for the first time. */
  incidents: readonly Incident[] | null
  /** The database's time, milliseconds since the epoch. */
  now: number
  width: number
  height: number
}

/** After the id: post, state, how long, arrivals, their scores from 0 to 5, largest gap. */
const figures = [8, 10, 14, 9, 8, 6] as const
const stateTones: Record<IncidentState, Tone> = { open: 'warn', excluded: 'plain', released: 'plain', expired: 'quiet' }

/** The newest incidents, each with its arrivals by score as a sparkline. Decisions are made on the command line. */
export function Incidents({ incidents, now, width, height }: IncidentsProps) {
  const open = incidents?.filter(({ state }) => state === 'open').length ?? 0
  const columns = [idWidth(incidents?.map(({ id }) => id) ?? []), ...figures]
  const tones: Tone[] = ['accent', 'accent', ...figures.slice(1).map((): Tone => 'plain')]
  const heads = ['id', 'post', 'state', 'lasted', 'arrivals', '0-5', 'gap']
  return (
    <Panel
      title="Incidents"
      note={open === 0 ? '' : `${open} open: post-rate incidents`}
      tone={open === 0 ? 'quiet' : 'warn'}
      width={width}
      height={height}
    >
      <Cells values={heads} columns={columns} tones={heads.map(() => 'quiet')} title="decided" width={width} quiet />
      {incidents === null && <Say tone="quiet">Reading…</Say>}
      {incidents?.length === 0 && <Say tone="quiet">No rush has armed the guard.</Say>}
      {incidents?.slice(0, Math.max(0, height - 3)).map((incident) => (
        <Cells
          key={incident.id}
          values={cellsOf(incident, now)}
          title={incident.decidedBy === null ? '' : printable(`${incident.decidedBy}: ${incident.reason}`)}
          tones={tones.map((tone, index) => (index === 2 ? stateTones[incident.state] : tone))}
          {...{ columns, width }}
        />
      ))}
    </Panel>
  )
}

function cellsOf({ id, postId, state, from, to, arrivals, scores, largestGap }: Incident, now: number): string[] {
  const seconds = ((to === null ? now : Date.parse(to)) - Date.parse(from)) / 1000
  return [
    String(id),
    String(postId),
    state,
    span(Math.max(0, seconds)),
    shortCount(arrivals),
    sparkline(scores, scores.length),
    largestGap.toFixed(2),
  ]
}
