import { acquire, release } from '../services/services.ts'
import { runAva } from './run-ava.ts'
import type { TapReader } from './tap.ts'
import { ordinaryTestFiles } from './test-files.ts'
import { findTools } from './tools.ts'

/**
 * Brings the services up, runs the tests (`args` go to AVA: files, `--match`…), takes the services down again unless
 * somebody else uses them, and ends with the line `N passed, N failed`. Resolves with the exit code.
 */
export async function runTests(args: readonly string[]): Promise<number> {
  const log = (line: string) => console.log(line)
  const interruption = new AbortController()
  const interrupt = () => interruption.abort()
  process.on('SIGINT', interrupt).on('SIGTERM', interrupt)
  const { urls, missing } = await acquire({ hold: false, log })
  const tools = findTools()
  const leftOut = { ...missing, ...tools.missing }
  try {
    const env = testEnvironment(urls, tools.environment)
    interruption.signal.throwIfAborted()
    const result = await runAva(args.length > 0 ? args : ordinaryTestFiles(), env, interruption.signal)
    const exitCode = report(result, leftOut)
    return interruption.signal.aborted ? 130 : exitCode
  } catch (error) {
    console.error(interruption.signal.aborted ? 'Interrupted' : error)
    console.log('\n0 passed, 1 failed')
    return interruption.signal.aborted ? 130 : 1
  } finally {
    await release({ force: false, log: () => {} })
  }
}

/** The environment of the tests: where the services are, and nothing of the developer's own configuration. */
function testEnvironment(
  urls: { postgres?: string; redis?: string; kafka?: string },
  tools: Record<string, string>,
): NodeJS.ProcessEnv {
  const own = Object.entries(process.env).filter(
    ([name]) => !/^(POST_RATE_(?!SERVICES_DIR)|DATABASE_URL|REDIS_URL|KAFKA_BROKERS)/.test(name),
  )
  return {
    ...Object.fromEntries(own),
    ...tools,
    ...(urls.postgres && { TEST_DATABASE_URL: urls.postgres }),
    ...(urls.redis && { TEST_REDIS_URL: urls.redis }),
    ...(urls.kafka && { TEST_KAFKA_BROKERS: urls.kafka }),
  }
}

function report({ counts, failures, skips }: TapReader, leftOut: Record<string, string>): number {
  const inCi = Boolean(process.env.CI) && process.env.CI !== 'false'
  if (failures.length > 0) {
    const hint = 'For whole stacks: npm run services -- up; npx ava FILE'
    console.log(['', `Failed ${failures.length}:`, ...failures.map((title) => `  ✖ ${title}`), hint].join('\n'))
  }
  if (skips.length > 0)
    console.log(['', `Skipped ${skips.length}:`, ...skips.map((title) => `  - ${title}`)].join('\n'))
  const reasons = Object.entries(leftOut).map(([name, reason]) => `  ! ${name}: ${reason}`)
  if (reasons.length > 0) {
    console.log(['', 'LEFT OUT: what needs one of these was not tested', ...reasons].join('\n'))
  }
  const leftOutInCi = inCi && reasons.length + skips.length > 0
  if (leftOutInCi) console.log('\nIn CI nothing may be left out or skipped.')
  console.log(`\n${counts.passed} passed, ${counts.failed} failed`)
  return counts.failed > 0 || leftOutInCi ? 1 : 0
}
