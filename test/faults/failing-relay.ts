import { writeSync } from 'node:fs'
import { createPostRate, type EventBus, type Outbox, tokens } from 'post-rate'

// A relay as a host would build it, except that it stops or kills itself at one point: `failing-relay.ts POINT SIGNAL PASSES`.

/** In the order in which a batch comes by them. */
export const failurePoints = [
  'before fold',
  'inside fold',
  'after fold',
  'before publish',
  'after publish',
  'after acknowledge',
] as const
export type FailurePoint = (typeof failurePoints)[number]

if (process.argv[1]?.endsWith('failing-relay.ts')) await main()

async function main(): Promise<void> {
  const [point, signal, passes] = process.argv.slice(2) as [FailurePoint, 'SIGKILL' | 'SIGSTOP', string]
  const postRate = createPostRate({
    database: process.env.DATABASE_URL as string,
    redis: process.env.REDIS_URL as string,
    kafka: { brokers: (process.env.KAFKA_BROKERS as string).split(',') },
    topic: process.env.POST_RATE_TOPIC as string,
    redisPrefix: process.env.POST_RATE_REDIS_PREFIX as string,
    logger: { debug() {}, info: say, warn: say, error: say },
  })
  let left = Number(passes)
  const passing = (here: FailurePoint) => {
    if (here !== point || left-- !== 0) return
    // Both at once: nothing that is buffered leaves a process that is killed, and nothing goes on behind the point.
    writeSync(1, `reached ${here}\n`)
    process.kill(process.pid, signal)
  }
  const { container } = postRate
  const outbox = container.get<Outbox>(tokens.outbox)
  const bus = container.get<EventBus>(tokens.eventBus)
  container.rebind(tokens.outbox).toConstantValue(failingOutbox(outbox, passing))
  container.rebind(tokens.eventBus).toConstantValue(failingBus(bus, passing))
  await postRate.start({ relay: true })
  process.stdout.write('The relay runs.\n')
  process.on('SIGTERM', () => void postRate.close().then(() => process.exit(0)))
}

function failingOutbox(outbox: Outbox, passing: (point: FailurePoint) => void): Outbox {
  return {
    async fold(shard, limit, fold) {
      passing('before fold')
      const report = await outbox.fold(shard, limit, (batch) => {
        if (batch.events.length > 0) passing('inside fold')
        return fold(batch)
      })
      if (report.events > 0) passing('after fold')
      return report
    },
    unpublished: (shard, limit) => outbox.unpublished(shard, limit),
    async acknowledge(ids) {
      await outbox.acknowledge(ids)
      if (ids.length > 0) passing('after acknowledge')
    },
    bury: (postId) => outbox.bury(postId),
    backlog: () => outbox.backlog(),
  }
}

function failingBus(bus: EventBus, passing: (point: FailurePoint) => void): EventBus {
  return {
    async publish(changes) {
      passing('before publish')
      await bus.publish(changes)
      passing('after publish')
    },
    subscribe: (handler, options) => bus.subscribe(handler, options),
    lag: () => bus.lag(),
    close: () => bus.close(),
  }
}

function say(message: string, details?: Record<string, unknown>): void {
  process.stderr.write(`${JSON.stringify({ message, ...details })}\n`)
}
