import test, { type ImplementationFn } from 'ava'

/** What a test may need beside Node. */
export type Need = 'postgres' | 'redis' | 'kafka' | 'redis-server' | 'pgbouncer' | 'openssl' | 'chromium' | 'tmux'

/** Declares a test, as `test` and `test.serial` do. */
export interface Declare {
  (title: string, run: ImplementationFn<[]>): void
  serial: (title: string, run: ImplementationFn<[]>) => void
}

const variables: Record<Need, string> = {
  postgres: 'TEST_DATABASE_URL',
  redis: 'TEST_REDIS_URL',
  kafka: 'TEST_KAFKA_BROKERS',
  'redis-server': 'TEST_REDIS_SERVER',
  pgbouncer: 'TEST_PGBOUNCER',
  openssl: 'TEST_OPENSSL',
  chromium: 'TEST_CHROMIUM',
  tmux: 'TEST_TMUX',
}

/** Whether this run has it. For what is not a test, such as a list of profiles to loop over. */
export function has(...needs: Need[]): boolean {
  return needs.every((need) => Boolean(process.env[variables[need]]))
}

/**
 * A `test` for what needs these services: where one is missing the test is skipped, in CI it fails. Hooks of a file
 * whose tests are all skipped do not run.
 */
export function needs(...list: Need[]): Declare {
  if (has(...list)) return Object.assign(test, { serial: test.serial })
  const missing = list.filter((need) => !has(need)).join(' and ')
  const inCi = Boolean(process.env.CI) && process.env.CI !== 'false'
  const declare = (title: string, run: ImplementationFn<[]>) => {
    if (inCi) test(title, (t) => t.fail(`Needs ${missing}, which this run does not have.`))
    else test.skip(`${title} (needs ${missing})`, run)
  }
  return Object.assign(declare, { serial: declare })
}

export const withPostgres = needs('postgres')
export const withRedis = needs('redis')
/** For `privateRedis` and `privateRedisCluster`. */
export const withRedisServer = needs('redis-server')
export const withKafka = needs('kafka')
/** PostgreSQL, Redis and Kafka: the full profile. */
export const withServices = needs('postgres', 'redis', 'kafka')
export const withChromium = needs('chromium')
export const withTmux = needs('tmux')
