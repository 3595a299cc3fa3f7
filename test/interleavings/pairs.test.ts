import { pairs } from './postgres/scenarios.ts'
import { testScenarios } from './postgres-test.ts'
import { seed } from './seed.ts'

testScenarios(pairs, ({ many }) => (many ? { sample: { runs: 25, seed } } : {}))
