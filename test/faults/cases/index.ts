import type { FaultCase } from '../fault-case.ts'
import { apiCases } from './api.ts'
import { redisCases } from './redis.ts'

/** Every case, in the order in which they run. */
export const cases: readonly FaultCase[] = [...apiCases, ...redisCases]
