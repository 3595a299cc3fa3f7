import { parseArgs } from 'node:util'
import { simulate } from './simulate.ts'

const { values } = parseArgs({
  options: {
    schedules: { type: 'string', default: '1000' },
    seed: { type: 'string', default: String(Date.now() % 2 ** 31) },
    path: { type: 'string' },
    first: { type: 'boolean', default: false },
  },
})
const { schedules, seed, path, first } = values
const { failure, tally, ...report } = await simulate({ schedules: Number(schedules), seed: Number(seed), path, first })
const say = (line: string) => process.stdout.write(`${line}\n`)
if (failure) {
  say(`Violation: ${failure.violation}`)
  say(`after ${report.schedules} schedules and ${failure.shrunk} shrinks:`)
  say(failure.schedule)
  say(`again: npm run simulate:protocol -- --seed ${seed} --path ${failure.path}`)
  process.exitCode = 1
} else {
  for (const [what, times] of [...tally.counts].sort(([a], [b]) => (a < b ? -1 : 1)))
    say(`${String(times).padStart(10)}  ${what}`)
  say(`seed ${seed}: ${report.schedules} schedules, ${report.seconds.toFixed(1)} s of CPU, no violation`)
}
