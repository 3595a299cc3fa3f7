import { parseArgs } from 'node:util'
import { acquire, release } from '../helpers/services/services.ts'
import { readMutants } from './mutant.ts'
import { runMutants, tableOf } from './run-mutants.ts'
import { affectedMutants } from './select-mutants.ts'

const { values, positionals } = parseArgs({
  allowPositionals: true,
  options: { all: { type: 'boolean', default: false } },
})
const named = readMutants(positionals)
const chosen = values.all || positionals.length > 0 ? named : affectedMutants(named)

/** What is missing would skip the tests that have to find the bugs. */
async function withServices(work: () => Promise<number>): Promise<number> {
  const { missing } = await acquire({ hold: false, log: (line) => console.error(line) })
  try {
    const [service] = Object.entries(missing)
    if (service !== undefined) throw new Error(`There is no ${service[0]}: ${service[1]}`)
    return await work()
  } finally {
    await release({ force: false, log: () => {} })
  }
}

process.exitCode = await withServices(async () => {
  const caught = await runMutants(chosen, ({ mutant, evidence, caught }) => {
    const verdict = caught ? 'caught' : 'NOT CAUGHT'
    process.stdout.write(`== ${mutant.name}: ${verdict}\n${mutant.description}\n\n${evidence}\n\n`)
  })
  process.stdout.write(`${tableOf(caught)}\n${caught.length} of ${readMutants().length} mutants planted\n`)
  return caught.some((one) => !one.caught) ? 1 : 0
})
