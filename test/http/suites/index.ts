import { bodySuite } from './bodies.ts'
import { cachingSuite } from './caching.ts'
import { crossSiteSuite } from './cross-site.ts'
import { describingSuite } from './describing.ts'
import { errorSuite } from './errors.ts'
import { historySuite } from './history.ts'
import { hookSuite } from './hooks.ts'
import { inputSuite } from './input.ts'
import { methodSuite } from './methods.ts'
import { moderationSuite } from './moderation.ts'
import { mountingSuite } from './mounting.ts'
import { opsSuite } from './ops.ts'
import { rateLimitSuite } from './rate-limit.ts'
import { readingSuite } from './reading.ts'
import { starsSuite } from './stars.ts'
import { writingSuite } from './writing.ts'

/** Everything that holds on both Express versions. */
export function httpSuites(): void {
  readingSuite()
  writingSuite()
  bodySuite()
  inputSuite()
  errorSuite()
  methodSuite()
  historySuite()
  hookSuite()
  rateLimitSuite()
  crossSiteSuite()
  mountingSuite()
  cachingSuite()
  describingSuite()
  opsSuite()
  starsSuite()
  moderationSuite()
}
