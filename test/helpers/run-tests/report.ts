import type { FileTime } from './durations.ts'
import type { TapReader, TestCounts } from './tap.ts'

export interface RunResult {
  readers: readonly TapReader[]
  times: readonly FileTime[]
  /** Seconds of each phase. */
  phases: Record<string, number>
  /** Share of the time in which the machine's processors worked, for anybody, during the tests. From 0 to 1. */
  busy: number
  seed: number
  lanes: number
  /** Missing services and tools, each with its reason. */
  leftOut: Record<string, string>
}

const slowest = 20

/** Prints the end of a run; returns the exit code. The last line is `N passed, N failed`. */
export function report({ readers, times, phases, busy, seed, lanes, leftOut }: RunResult): number {
  const counts = sum(readers)
  const failures = readers.flatMap((reader) => reader.failures)
  const skips = readers.flatMap((reader) => reader.skips)
  printList(`Slowest ${Math.min(slowest, times.length)} of ${times.length} files:`, table(times))
  const spent = Object.entries(phases).map(([name, seconds]) => `${name} ${seconds.toFixed(0)} s`)
  console.log(`\nPhases: ${spent.join(', ')}; processors ${Math.round(busy * 100)} % busy during the tests`)
  console.log(`Order: --seed ${seed} --lanes ${lanes}`)
  if (failures.length > 0) {
    printList(
      `Failed ${failures.length}:`,
      failures.map((title) => `  ✖ ${title}`),
    )
    console.log('For whole stacks: npm run services -- up; npx ava FILE')
  }
  if (skips.length > 0)
    printList(
      `Skipped ${skips.length}:`,
      skips.map((title) => `  - ${title}`),
    )
  const reasons = Object.entries(leftOut).map(([name, reason]) => `  ! ${name}: ${reason}`)
  if (reasons.length > 0) printList('LEFT OUT: what needs one of these was not tested', reasons)
  const inCi = Boolean(process.env.CI) && process.env.CI !== 'false'
  const leftOutInCi = inCi && reasons.length + skips.length > 0
  if (leftOutInCi) console.log('\nIn CI nothing may be left out or skipped.')
  console.log(`\n${counts.passed} passed, ${counts.failed} failed`)
  return counts.failed > 0 || counts.passed === 0 || leftOutInCi ? 1 : 0
}

function sum(readers: readonly TapReader[]): TestCounts {
  const total = { passed: 0, failed: 0, skipped: 0, todo: 0 }
  for (const { counts } of readers)
    for (const key of Object.keys(total) as (keyof TestCounts)[]) total[key] += counts[key]
  return total
}

function table(times: readonly FileTime[]): string[] {
  const rows = [...times].sort((a, b) => b.seconds - a.seconds).slice(0, slowest)
  return [
    '  seconds  processor seconds',
    ...rows.map(({ file, seconds, cpuSeconds }) =>
      [`  ${seconds.toFixed(1).padStart(7)}`, cpuSeconds.toFixed(1).padStart(17), file].join('  '),
    ),
  ]
}

function printList(heading: string, lines: readonly string[]): void {
  console.log(['', heading, ...lines].join('\n'))
}
