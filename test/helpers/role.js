// A relay or a consumer with other durations than those of `post-rate relay` and `post-rate consumer`:
// `node role.js ROLE TIMINGS`, with the timings as JSON. Uses the library as it was built last.
import { createTimedPostRate } from '../../packages/post-rate/dist/post-rate.js'

const [role, timings] = process.argv.slice(2)
const { env } = process
const say = (message, details) => process.stderr.write(`${JSON.stringify({ message, ...details })}\n`)
const postRate = createTimedPostRate(
  {
    database: env.DATABASE_URL,
    redis: env.REDIS_URL,
    kafka: { brokers: env.KAFKA_BROKERS.split(',') },
    topic: env.POST_RATE_TOPIC,
    group: env.POST_RATE_GROUP,
    redisPrefix: env.POST_RATE_REDIS_PREFIX ?? 'post-rate:',
    logger: { debug() {}, info: say, warn: say, error: say },
  },
  JSON.parse(timings),
)
process.on('SIGTERM', () => postRate.close().then(() => process.exit(0)))
await postRate.start({ [role]: true })
process.stderr.write(`The ${role} runs.\n`)
