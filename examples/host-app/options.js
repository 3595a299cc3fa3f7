/**
 * The library reads no environment: the host does, by the names that the `post-rate` command knows, so that
 * `post-rate stats top` beside the blog finds the same deployment.
 * @param {NodeJS.ProcessEnv} environment
 * @returns {import('post-rate').PostRateOptions | null} null without a database
 */
export function readOptions(environment) {
  const { DATABASE_URL, REDIS_URL, KAFKA_BROKERS } = environment
  const { POST_RATE_REDIS_PREFIX, POST_RATE_TOPIC, POST_RATE_GROUP } = environment
  if (!DATABASE_URL) return null
  return {
    database: DATABASE_URL,
    ...(REDIS_URL && { redis: REDIS_URL }),
    ...(KAFKA_BROKERS && { kafka: { clientId: 'blog', brokers: KAFKA_BROKERS.split(',') } }),
    ...(POST_RATE_REDIS_PREFIX && { redisPrefix: POST_RATE_REDIS_PREFIX }),
    ...(POST_RATE_TOPIC && { topic: POST_RATE_TOPIC }),
    ...(POST_RATE_GROUP && { group: POST_RATE_GROUP }),
    logger: { debug() {}, info() {}, warn: console.warn, error: console.error },
  }
}
