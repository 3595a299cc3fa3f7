import type { ScenarioReport } from './simulation.ts'
import { windowsPerDay } from './worlds.ts'

const marks = [
  ['hold', 'h'],
  ['freeze', 'f'],
  ['guard', 'G'],
] as const
const height = 11
const margin = 6

/** The same as a picture of characters: stars upwards, 24 hours to the right. Where lines meet the later mark wins. */
export function plotText({ name, example: { world, series } }: ScenarioReport, columns: number): string[] {
  const width = Math.max(20, Math.min(96, columns - margin - 1))
  const cells = Array.from({ length: height }, () => Array.from({ length: width }, () => ' '))
  for (const [policy, mark] of marks.filter(([name]) => series[name] !== undefined))
    for (let column = 0; column < width; column++) {
      const stars = series[policy]?.shown[Math.floor((column / width) * windowsPerDay)] ?? 0
      const row = cells[Math.round((1 - stars / 5) * (height - 1))] as string[]
      row[column] = mark
    }
  const rows = cells.map(
    (row, n) => `${(n % 2 === 0 ? String(5 - n / 2) : '').padStart(margin - 2)} │${row.join('').trimEnd()}`,
  )
  const hours = ['0 h', '12 h', '24 h']
  const gap = Math.floor((width - hours.join('').length) / 2)
  return [
    `${name}, a post of ${world.size} ratings: ${marks
      .filter(([name]) => series[name] !== undefined)
      .map(([policy, mark]) => `${mark} ${policy}`)
      .join(', ')}`,
    ...rows,
    `${' '.repeat(margin - 1)}└${'─'.repeat(width)}`,
    `${' '.repeat(margin)}${hours.join(' '.repeat(gap))}`,
  ]
}
