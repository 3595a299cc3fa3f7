import test from 'ava'
import { cleanUp } from '../helpers/clean-up.ts'
import { withPostgres } from '../helpers/requires.ts'
import { testDatabase } from '../helpers/test-database.ts'
import { Violation } from './explore.ts'
import { exploreScenario, type How } from './postgres/explore-scenario.ts'
import type { Scenario } from './postgres/scenarios.ts'
import { World } from './postgres/world.ts'

/** Declares a test for each scenario, all of them on one database. */
export function testScenarios(scenarios: readonly Scenario[], how: (scenario: Scenario) => How, suffix = ''): void {
  let world: World
  test.before(async (t) => {
    world = await World.open(await testDatabase(t))
    cleanUp(t, () => world.close())
  })
  for (const scenario of scenarios)
    withPostgres.serial(`${scenario.name}${suffix}`, async (t) => {
      const manner = how(scenario)
      const figures = await exploreScenario(world, scenario, manner).catch((error: unknown) => {
        if (error instanceof Violation) t.fail(error.message)
        throw error
      })
      const { interleavings, redundant, steps, blocked, crashes, complete } = figures
      t.log(
        [
          `${interleavings} interleavings of up to ${steps} statements`,
          ...(redundant > 0 ? [`${redundant} alike left out`] : []),
          `${blocked} waited`,
          ...(crashes > 0 ? [`${crashes} connections lost`] : []),
          ...(manner.sample ? [`seed ${manner.sample.seed}`] : []),
        ].join(', '),
      )
      t.is(complete, manner.sample === undefined)
      t.true(interleavings > 0)
    })
}
