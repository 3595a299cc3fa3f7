import type { CaseResult } from './run-case.ts'

const headings = [
  'case',
  'row',
  'accepted',
  'unknown',
  'lost',
  'wrong',
  'heal s',
  'p99 read',
  'worst read',
  'starved',
  'reached',
  'verdict',
]

/** The one table: a case a line. */
export function table(results: readonly CaseResult[]): string {
  const rows = results.map((result) => [
    result.name,
    result.row,
    String(result.accepted),
    String(result.unknown),
    `${result.lost}${result.lostByNature > 0 ? ` (+${result.lostByNature} by nature)` : ''}`,
    String(result.wrong),
    result.healSeconds.toFixed(1),
    `${Math.round(result.p99ReadMs)} ms`,
    `${Math.round(result.worstReadMs)} ms`,
    `${Math.round(result.starvedMs)} ms`,
    Object.entries(result.reached)
      .map(([what, times]) => `${what} ${times}`)
      .join(', '),
    result.problems.length === 0 ? 'ok' : 'FAILED',
  ])
  const widths = headings.map((heading, n) => Math.max(heading.length, ...rows.map((row) => row[n]?.length ?? 0)))
  const numeric = new Set([2, 3, 6, 7, 8, 9])
  const line = (cells: readonly string[]) =>
    cells
      .map((cell, n) => (numeric.has(n) ? cell.padStart(widths[n] ?? 0) : cell.padEnd(widths[n] ?? 0)))
      .join('  ')
      .trimEnd()
  return [line(headings), line(widths.map((width) => '-'.repeat(width))), ...rows.map(line)].join('\n')
}

/** What went wrong, a case after the other; empty where nothing did. */
export function details(results: readonly CaseResult[]): string {
  return results
    .filter(({ problems }) => problems.length > 0)
    .map(({ name, title, problems }) => {
      const more = problems.length > 12 ? [`  … and ${problems.length - 12} more`] : []
      return [`${name}: ${title}`, ...problems.slice(0, 12).map((problem) => `  ${problem}`), ...more].join('\n')
    })
    .join('\n')
}
