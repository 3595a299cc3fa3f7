import { chmod, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import test, { type ExecutionContext } from 'ava'
import { optionsOf, readConfiguration, withoutPassword } from '../../packages/cli/src/configuration.ts'
import { workingDirectory } from './run-cli.ts'

async function withFile(t: ExecutionContext, name: string, text: string): Promise<string> {
  const cwd = await workingDirectory(t)
  await writeFile(join(cwd, name), text, { mode: 0o600 })
  return cwd
}

test('flags win over the environment, that over the file, and that over the defaults', async (t) => {
  const content = { topic: 'of-file', group: 'of-file', schema: 'of_file' }
  const cwd = await withFile(t, 'post-rate.config.json', JSON.stringify(content))
  const env = { POST_RATE_TOPIC: 'of-env', POST_RATE_GROUP: 'of-env' }
  const { topic, group, schema, redisPrefix } = await readConfiguration({ topic: 'of-flag' }, { cwd, env })
  t.deepEqual({ topic, group, schema, redisPrefix }, {
    topic: 'of-flag',
    group: 'of-env',
    schema: 'of_file',
    redisPrefix: undefined,
  } as never)
})

test('post-rate.config.js is a module with a default export', async (t) => {
  const cwd = await withFile(
    t,
    'post-rate.config.js',
    'export default { kafkaBrokers: ["a:1", "b:2"], windowSeconds: 60 }',
  )
  await writeFile(join(cwd, 'package.json'), '{"type":"module"}')
  const { kafkaBrokers, windowSeconds } = await readConfiguration({}, { cwd, env: {} })
  t.deepEqual(kafkaBrokers, ['a:1', 'b:2'])
  t.is(windowSeconds, 60)
})

test('every variable reaches the library', async (t) => {
  const cwd = await workingDirectory(t)
  const configuration = await readConfiguration(
    {},
    {
      cwd,
      env: {
        DATABASE_URL: 'postgres://db/blog',
        REDIS_URL: 'redis://r',
        KAFKA_BROKERS: 'k1:9092, k2:9092',
        POST_RATE_DISPLAY: 'live',
        POST_RATE_WINDOW_SECONDS: '60',
        POST_RATE_PRIOR: '5:3',
        POST_RATE_SCHEMA: 's',
        POST_RATE_TOPIC: 't',
        POST_RATE_TOPIC_PARTITIONS: '3',
        POST_RATE_GROUP: 'g',
        POST_RATE_REDIS_PREFIX: 'p:',
        UNRELATED: 'x',
      },
    },
  )
  t.is(configuration.database, 'postgres://db/blog')
  t.deepEqual(optionsOf(configuration), {
    redis: 'redis://r',
    kafka: { brokers: ['k1:9092', 'k2:9092'] },
    schema: 's',
    topic: 't',
    topicPartitions: 3,
    group: 'g',
    redisPrefix: 'p:',
    display: { display: 'live', windowSeconds: 60, prior: { weight: 5, mean: 3 } },
  })
})

const bad: [string, string, RegExp][] = [
  ['POST_RATE_WINDOW', '300', /not a setting/],
  ['POST_RATE_WINDOW_SECONDS', '-5', /whole number from 1 to 86400/],
  ['POST_RATE_WINDOW_SECONDS', '1e3', /whole number/],
  ['POST_RATE_POOL_SIZE', '0', /whole number from 1/],
  ['POST_RATE_DISPLAY', 'off', /guard or freeze or live/],
  ['POST_RATE_SPIKE_GUARD', 'on', /off, or the stars/],
  ['POST_RATE_SPIKE_GUARD', '0', /from 0.001/],
  ['POST_RATE_MIN_COUNT', '-1', /whole number/],
  ['POST_RATE_DISPLAY', 'LIVE', /freeze or live/],
  ['POST_RATE_PRIOR', '10', /WEIGHT:MEAN/],
  ['POST_RATE_SCHEMA', 'a"; drop', /letters, digits/],
  ['POST_RATE_REDIS_PREFIX', '{a}', /without braces/],
  ['POST_RATE_TOPIC', 'a b', /letters/],
  ['DATABASE_URL', 'mysql://ada:very-secret@db/x', /postgres:\/\//],
  ['REDIS_URL', 'localhost', /redis:\/\//],
  ['KAFKA_BROKERS', 'localhost', /HOST:PORT/],
]

for (const [name, value, message] of bad)
  test(`${name}=${value} is refused with its name`, async (t) => {
    const cwd = await workingDirectory(t)
    const error = await t.throwsAsync(readConfiguration({}, { cwd, env: { [name]: value } }), {
      name: 'ConfigurationError',
      message,
    })
    t.true(error.message.startsWith(name))
    t.notRegex(error.message, /very-secret/)
  })

test('a file with an unknown or a bad setting is refused with its path and key', async (t) => {
  for (const [text, message] of [
    ['{"widow": 5}', /widow in .*post-rate\.config\.json is not a setting/],
    ['{"windowSeconds": -5}', /windowSeconds in .*json must be a whole number/],
    ['[1]', /must hold an object/],
    ['{', /Cannot read/],
  ] as const) {
    const cwd = await withFile(t, 'post-rate.config.json', text)
    await t.throwsAsync(readConfiguration({}, { cwd, env: {} }), { name: 'ConfigurationError', message })
  }
})

test('secrets that others can see are warned about', async (t) => {
  const database = 'postgres://ada:secret@db/blog'
  const cwd = await withFile(t, 'post-rate.config.json', JSON.stringify({ database }))
  t.deepEqual((await readConfiguration({}, { cwd, env: {} })).warnings, [])
  await chmod(join(cwd, 'post-rate.config.json'), 0o644)
  const { warnings } = await readConfiguration({ redis: 'redis://:secret@r' }, { cwd, env: {} })
  t.is(warnings.length, 2)
  t.regex(warnings.join(), /REDIS_URL.*chmod 600/)
  t.notRegex(warnings.join(), /secret@/)
})

test('a database URL is shown without its password and its options', (t) => {
  t.is(withoutPassword('postgres://ada:pw@db:5432/blog?password=pw'), 'postgres://ada@db:5432/blog')
})
