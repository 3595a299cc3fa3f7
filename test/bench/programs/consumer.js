import { setTimeout as sleep } from 'node:timers/promises'
import { createPostRate, tokens } from 'post-rate'
import { answering, options } from './answering.js'

// `post-rate consumer --once`, watched from inside its process.

/** The bus, which says when its first states came and how many messages it has taken. */
function watched(bus) {
  const seen = { began: undefined, counts: () => ({ received: 0 }) }
  const subscribe = async (handler, how) => {
    const apply = (...states) => {
      seen.began ??= performance.now()
      return handler.apply(...states)
    }
    const subscription = await bus.subscribe({ apply }, how)
    seen.counts = () => subscription.counts()
    return subscription
  }
  return {
    seen,
    bus: { subscribe, publish: (changes) => bus.publish(changes), lag: () => bus.lag(), close: () => bus.close() },
  }
}

answering({
  /** Reads a topic of so many messages to its end; messages per second, from the first states to the last write. */
  async empty({ topic, messages, prefix }) {
    const { database, redis, kafka } = options
    const postRate = createPostRate({ database, redis, kafka: { brokers: [kafka] }, topic, redisPrefix: prefix })
    const { seen, bus } = watched(postRate.container.get(tokens.eventBus))
    postRate.container.rebind(tokens.eventBus).toConstantValue(bus)
    const drained = postRate.drain()
    let ended
    while (ended === undefined) {
      if (seen.counts().received >= messages) ended = performance.now()
      else
        await Promise.race([
          sleep(2),
          drained.then(
            () => {},
            () => {},
          ),
        ])
    }
    await drained
    const { applied, stale, conflicts } = postRate.counters
    await postRate.close()
    return { rate: (messages / (ended - seen.began)) * 1000, applied, stale, conflicts }
  },
})
