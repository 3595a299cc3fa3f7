import type { Context } from '../context.ts'
import { ConfigurationError } from '../errors.ts'
import { exitCodes } from '../exit-code.ts'
import { runRoles } from './relay.ts'

/** Applies the changes on Kafka to Redis: what is there with `--once`, otherwise until it is stopped. */
export async function consumer(context: Context): Promise<number> {
  const { kafkaBrokers, redis } = await context.configuration()
  if (kafkaBrokers === undefined)
    throw new ConfigurationError(
      'There is no consumer without Kafka: `post-rate relay` (or `post-rate serve`) also applies. Run that, or set KAFKA_BROKERS.',
    )
  if (redis === undefined)
    throw new ConfigurationError(
      'The consumer has nothing to write to without Redis: statistics are read from PostgreSQL, and `post-rate relay` is all that has to run. Run that, or set REDIS_URL.',
    )
  if (context.flags.once !== true) return runRoles(context, { consumer: true }, 'The consumer runs.')
  const postRate = await context.open()
  await postRate.drain()
  const { applied, stale, unreadable, foreign } = postRate.counters
  context.talk.note(
    `Drained: ${applied} applied, ${stale} old, ${unreadable} unreadable, ${foreign} of other databases.`,
  )
  return exitCodes.done
}
