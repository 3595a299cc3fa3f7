import { triples } from './postgres/scenarios.ts'
import { testScenarios } from './postgres-test.ts'
import { seed } from './seed.ts'

testScenarios(triples, () => ({ sample: { runs: 12, seed } }))
