import type { PolicyReport } from './replay.ts'

const marks = [
  ['oracle', 'o'],
  ['guard', 'G'],
] as const
const height = 11
const margin = 6

/** Stars upwards, time to the right: the plain average and what was shown. Where lines meet the later mark wins. */
export function plotReplayText(policies: readonly PolicyReport[], columns: number): string[] {
  const points = policies[0]?.points ?? []
  const width = Math.max(20, Math.min(96, columns - margin - 1))
  const cells = Array.from({ length: height }, () => Array.from({ length: width }, () => ' '))
  const draw = (averages: readonly (number | null)[], mark: string) => {
    for (let column = 0; column < width; column++) {
      const average = averages[Math.floor((column / width) * averages.length)] ?? null
      const row = average === null ? undefined : cells[Math.round((1 - average / 5) * (height - 1))]
      if (row !== undefined) row[column] = mark
    }
  }
  const drawn = marks.flatMap(([name, mark]) => {
    const policy = policies.find((one) => one.name === name)
    return policy === undefined ? [] : [{ name, mark, averages: policy.points.map(({ shown }) => shown) }]
  })
  draw(
    points.map(({ plain }) => plain),
    '·',
  )
  for (const { averages, mark } of drawn) draw(averages, mark)
  const rows = cells.map(
    (row, n) => `${(n % 2 === 0 ? String(5 - n / 2) : '').padStart(margin - 2)} │${row.join('').trimEnd()}`,
  )
  const [from, to] = [dayOf(points[0]?.at ?? 0), dayOf(points.at(-1)?.at ?? 0)]
  return [
    `Averages: · plain${drawn.map(({ name, mark }) => `, ${mark} ${name}`).join('')}`,
    ...rows,
    `${' '.repeat(margin - 1)}└${'─'.repeat(width)}`,
    `${' '.repeat(margin)}${from}${to.padStart(Math.max(1, width - from.length))}`,
  ]
}

export function dayOf(at: number): string {
  return new Date(at).toISOString().slice(0, 10)
}
