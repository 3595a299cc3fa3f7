import { type Column, table } from '../table.ts'
import type { PolicyReport } from './replay.ts'

const right = (title: string): Column => ({ title, align: 'right' })

/** A line for each policy: what it showed, and with labels how it treated the raid and the others. */
export function replayTable(policies: readonly PolicyReport[], columns: number): string[] {
  const labelled = policies.some(({ metrics }) => metrics.honestLost !== null)
  const heads = ['PLAIN', 'SHOWN', 'WORST GAP', 'INCIDENTS', labelled ? 'FALSE A YEAR' : 'A YEAR']
  const labels = labelled ? ['OFF AT 2 h', '24 h', '72 h', '144 h', 'DETECTED', 'DELAYED', 'LOST'] : []
  const rows = policies.map((policy) => [...figuresOf(policy), ...(labelled ? labelFigures(policy) : [])])
  return table([{ title: 'POLICY' }, ...[...heads, ...labels].map(right)], rows, columns)
}

function figuresOf({ name, points, incidents, metrics }: PolicyReport): string[] {
  const last = points.at(-1)
  return [
    name,
    stars(last?.plain),
    stars(last?.shown),
    stars(metrics.worstGap),
    String(incidents.length),
    metrics.alarmsPerYear.toFixed(1),
  ]
}

function labelFigures({ metrics }: PolicyReport): string[] {
  const { displacement, secondsToDetection, honestDelayed, honestLost } = metrics
  return [
    ...['2h', '24h', '72h', '144h'].map((hours) => stars(displacement?.[hours])),
    secondsToDetection === null ? '-' : duration(secondsToDetection),
    String(honestDelayed),
    String(honestLost),
  ]
}

function stars(value: number | null | undefined): string {
  return value === null || value === undefined ? '-' : value.toFixed(2)
}

/** `50 s`, `12 min`, `3.4 h`. */
export function duration(seconds: number): string {
  if (seconds < 120) return `${Math.round(seconds)} s`
  return seconds < 7_200 ? `${Math.round(seconds / 60)} min` : `${(seconds / 3_600).toFixed(1)} h`
}
