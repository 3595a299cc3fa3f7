import test, { type ExecutionContext } from 'ava'
import { has, needs } from '../helpers/requires.ts'
import { type Mutant, readMutants } from './mutant.ts'
import { runMutants, tableOf } from './run-mutants.ts'
import { affectedMutants } from './select-mutants.ts'

const all = readMutants()
// Set by `npm run test:proofs -- --all`.
const mutants = process.env.TEST_ALL_MUTANTS ? all : affectedMutants(all)
const possible = mutants.filter((mutant) => has(...mutant.needs))

test('each planted bug is caught by an assertion', (t) => catchAll(t, possible))

for (const mutant of mutants.filter((one) => !possible.includes(one)))
  needs(...mutant.needs)(`the planted bug ${mutant.name} is caught by an assertion`, (t) => catchAll(t, [mutant]))

async function catchAll(t: ExecutionContext, mutants: readonly Mutant[]): Promise<void> {
  t.timeout(600_000)
  const caught = await runMutants(mutants, ({ mutant, evidence, caught }) => {
    if (!caught) t.log(`${mutant.name} was not caught: ${evidence}`)
  })
  t.log(tableOf(caught))
  t.deepEqual(
    caught.filter((one) => !one.caught).map(({ mutant }) => mutant.name),
    [],
  )
}
