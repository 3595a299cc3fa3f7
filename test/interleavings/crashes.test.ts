import { pairs } from './postgres/scenarios.ts'
import { testScenarios } from './postgres-test.ts'
import { seed } from './seed.ts'

testScenarios(pairs, () => ({ sample: { runs: 2, seed }, crashes: true }), ', a connection lost')
