import type { Logger, Status } from 'post-rate'

/** What the log says while a dependency cannot be reached, by the dependency. */
const failures = { redis: /^Redis connection failed$/, kafka: /^kafkajs: / } as const

/** A log that keeps back what `doctor` says in a line of its own. */
export function doctorLog(logger: Logger) {
  const kept: Parameters<Logger['warn']>[] = []
  const { redis, kafka } = failures
  return {
    logger: {
      ...logger,
      warn(...[message, details]: Parameters<Logger['warn']>) {
        if (redis.test(message) || kafka.test(message)) kept.push([message, details])
        else logger.warn(message, details)
      },
    },
    /** Lets out what was kept back of dependencies that work in spite of it, as with one broker of three away. */
    release({ dependencies }: Pick<Status, 'dependencies'>) {
      for (const [message, details] of kept.splice(0)) {
        const { reachable } = redis.test(message) ? dependencies.redis : dependencies.kafka
        if (reachable) logger.warn(message, details)
      }
    },
  }
}
