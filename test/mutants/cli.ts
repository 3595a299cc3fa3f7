import { readMutants } from './mutant.ts'
import { runMutants, tableOf } from './run-mutants.ts'

const caught = await runMutants(readMutants(process.argv.slice(2)), ({ mutant, evidence, caught }) => {
  const verdict = caught ? 'caught' : 'NOT CAUGHT'
  process.stdout.write(`== ${mutant.name}: ${verdict}\n${mutant.description}\n\n${evidence}\n\n`)
})
process.stdout.write(`${tableOf(caught)}\n`)
if (caught.some((one) => !one.caught)) process.exitCode = 1
