// A relay as a host would build it from the library, except that it stops or kills itself at one point of
// failure-points.ts: `node failing-relay.js POINT SIGNAL PASSES`.
import { writeSync } from 'node:fs'
import { createPostRate, tokens } from 'post-rate'

const [point, signal, passes] = process.argv.slice(2)
let left = Number(passes)

function passing(here) {
  if (here !== point || left-- !== 0) return
  // Both at once: nothing that is buffered leaves a process that is killed, and nothing goes on behind the point.
  writeSync(1, `reached ${here}\n`)
  process.kill(process.pid, signal)
}

function failingOutbox(outbox) {
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

function failingBus(bus) {
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

const say = (message, details) => process.stderr.write(`${JSON.stringify({ message, ...details })}\n`)
const { DATABASE_URL, REDIS_URL, KAFKA_BROKERS, POST_RATE_TOPIC, POST_RATE_REDIS_PREFIX } = process.env
const postRate = createPostRate({
  database: DATABASE_URL,
  redis: REDIS_URL,
  kafka: { brokers: KAFKA_BROKERS.split(',') },
  topic: POST_RATE_TOPIC,
  redisPrefix: POST_RATE_REDIS_PREFIX,
  logger: { debug() {}, info: say, warn: say, error: say },
})
const { container } = postRate
const outbox = container.get(tokens.outbox)
const bus = container.get(tokens.eventBus)
container.rebind(tokens.outbox).toConstantValue(failingOutbox(outbox))
container.rebind(tokens.eventBus).toConstantValue(failingBus(bus))
await postRate.start({ relay: true })
writeSync(1, 'The relay runs.\n')
process.on('SIGTERM', () => postRate.close().then(() => process.exit(0)))
