import type { Finding } from './row.ts'
import { reaches } from './row.ts'
import type { Spread } from './statistics.ts'

const columns = ['', 'measured as', 'against', 'result', 'spread', 'bound', '', 'counters', 'at reading', 'figures']

/** One line a finding: what was measured, against what, the median and spread of the runs, and whether it reaches its bound. */
export function table(findings: readonly Finding[]): string {
  const lines = [columns, ...findings.map(lineOf)]
  const widths = columns.map((_, n) => Math.max(...lines.map((line) => (line[n] as string).length)))
  return lines
    .map((line) =>
      line
        .map((cell, n) => cell.padEnd(widths[n] as number))
        .join('  ')
        .trimEnd(),
    )
    .join('\n')
}

function lineOf(
  { id, title, peer, result, unit, bound, measured, alternatives }: Finding,
  n: number,
  all: readonly Finding[],
) {
  const figure = (value: number) => `${digits(value)}${unit === '×' ? '' : ' '}${unit}`
  const limit = bound === null ? '' : 'atLeast' in bound ? `≥ ${figure(bound.atLeast)}` : `≤ ${figure(bound.atMost)}`
  const verdict = bound === null ? 'reported' : reaches(all[n] as Finding) ? 'PASS' : 'short'
  const other = (spread?: Spread) => (spread === undefined ? '' : `${digits(spread.median)}×`)
  return [
    id,
    title,
    peer ?? '',
    figure(result.median),
    `${digits(result.least)}-${digits(result.greatest)}`,
    limit,
    verdict,
    other(alternatives?.counters),
    other(alternatives?.aggregates),
    measured,
  ]
}

/** Three digits that count, in the way that people write numbers. */
export function digits(value: number): string {
  const whole = Math.abs(value) >= 100
  return value.toLocaleString('en-US', whole ? { maximumFractionDigits: 0 } : { maximumSignificantDigits: 3 })
}

export function perSecond(...rates: readonly Spread[]): string {
  return rates.map(({ median }) => `${digits(Math.round(median))}/s`).join(' against ')
}

export function milliseconds(...times: readonly Spread[]): string {
  return times.map(({ median }) => `${digits(median)} ms`).join(' against ')
}
