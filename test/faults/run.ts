import { cases } from './cases/index.ts'
import { recovered } from './recovery.ts'
import { details, table } from './report.ts'
import { type CaseResult, runCase } from './run-case.ts'
import { leakedSecrets } from './secrets.ts'
import { World } from './world.ts'

const usage = `usage: npm run faults [-- [--seed S] [--list] NAME…]
Runs the fault cases with these names or rows, or all of them, and prints one table.`

process.exitCode = await main(process.argv.slice(2))

async function main(argv: string[]): Promise<number> {
  const names = argv.filter((argument, n) => !argument.startsWith('--') && argv[n - 1] !== '--seed')
  if (argv.includes('--list')) {
    for (const { name, row, title } of cases) console.log(`${row.padEnd(5)} ${name.padEnd(28)} ${title}`)
    return 0
  }
  const seed = argv.includes('--seed') ? Number(argv[argv.indexOf('--seed') + 1]) : Math.floor(Math.random() * 2 ** 31)
  const chosen =
    names.length === 0 ? cases : cases.filter(({ name, row }) => names.includes(name) || names.includes(row))
  const unknown = names.filter((wanted) => !cases.some(({ name, row }) => wanted === name || wanted === row))
  if (unknown.length > 0 || !Number.isInteger(seed)) {
    console.error(`${usage}\nUnknown: ${unknown.join(', ')}`)
    return 2
  }
  console.error(`seed ${seed}`)
  const began = performance.now()
  const world = await World.start({ seed })
  console.error(`logs of the roles until the next run of tests: ${world.directory}`)
  const results: CaseResult[] = []
  for (const name of ['SIGINT', 'SIGTERM'] as const)
    process.once(name, () => {
      console.log(table(results))
      void world.close().finally(() => process.exit(130))
    })
  let leaks: string[] = []
  try {
    // The first requests of a process are slow, and no fault's.
    await recovered(world, 120_000)
    for (const fault of chosen) {
      console.error(`${fault.row} ${fault.name}: ${fault.title}`)
      const result = await runCase(world, fault)
      console.error(`  slowest read ${Math.round(result.worstReadMs)} ms: ${result.slowest}`)
      console.error(`  ${result.problems.length === 0 ? 'ok' : `FAILED\n${details([result])}`}`)
      results.push(result)
    }
    leaks = leakedSecrets(world)
  } finally {
    await world.close()
  }
  console.log(table(results))
  const failed = results.filter(({ problems }) => problems.length > 0)
  if (failed.length > 0) console.log(`\n${details(failed)}`)
  const minutes = ((performance.now() - began) / 60_000).toFixed(1)
  console.log(
    `\n${results.length - failed.length} of ${results.length} cases hold; ${leaks.length} planted secrets found; seed ${seed}; ${minutes} min`,
  )
  for (const leak of leaks) console.log(leak)
  return failed.length + leaks.length === 0 ? 0 : 1
}
