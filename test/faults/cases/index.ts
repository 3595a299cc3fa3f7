import type { FaultCase } from '../fault-case.ts'
import { apiCases } from './api.ts'
import { consumerCases } from './consumer.ts'
import { deploymentCases } from './deployment.ts'
import { goingBackCases } from './going-back.ts'
import { brokerCases } from './kafka.ts'
import { postgresCases } from './postgres.ts'
import { redisCases } from './redis.ts'
import { relayCases } from './relay.ts'
import { surroundingsCases } from './surroundings.ts'
import { topicCases } from './topic.ts'

/** Every case, in the order in which they run: those that replace a server come last. */
export const cases: readonly FaultCase[] = [
  ...apiCases,
  ...relayCases,
  ...postgresCases,
  ...brokerCases,
  ...topicCases,
  ...consumerCases,
  ...redisCases,
  ...deploymentCases,
  ...surroundingsCases,
  ...goingBackCases,
]
