import test from 'ava'
import { runCli } from './run-cli.ts'

test('--help names every command and the exit codes', async (t) => {
  const { code, stdout, stderr } = await runCli(['--help'])
  t.is(code, 0)
  t.is(stderr, '')
  for (const command of [
    'dev',
    'migrate',
    'settings',
    'seed',
    'import',
    'export',
    'serve',
    'relay',
    'consumer',
    'stats',
    'posts',
    'rate',
    'users',
    'audit',
    'tui',
    'doctor',
  ])
    t.regex(stdout, new RegExp(`^ {2}${command}\\b`, 'm'))
  t.regex(stdout, /130 interrupted/)
})

test('--version', async (t) => {
  const { code, stdout } = await runCli(['--version'])
  t.is(code, 0)
  t.regex(stdout, /^\d+\.\d+\.\d+\n$/)
})

const mistakes: string[][] = [
  [],
  ['nosuch'],
  ['--nosuch'],
  ['stats', 'nosuch'],
  ['rate', '1', 'ada'],
  ['rate', '1', 'ada', '6'],
  ['rate', '1', 'ada', '4.5'],
  ['rate', '0', 'ada', '4'],
  ['rate', '01', 'ada', '4'],
  ['rate', '; rm', 'ada', '4'],
  ['rate', '1', 'ada', '4', 'more'],
  ['seed', '--posts', '-1'],
  ['seed', '--posts', '; rm'],
  ['seed', '--posts', '2', '--users', '2', '--ratings', '5'],
  ['posts', 'list', '--sort', 'score;DROP'],
  ['posts', 'list', '--limit', '101'],
  ['stats', 'show', '9007199254740992'],
  ['stats', 'verify', '--wait', 'long'],
  ['serve', '--port', '65536', '--auth', 'jwt'],
  ['serve', '--prefix', 'api', '--auth', 'jwt'],
  ['serve'],
  ['serve', '--auth', 'nosuch'],
  ['settings', 'set', 'nosuch', '1'],
  ['settings', 'set', 'display', 'off'],
  ['settings', 'set', 'spike-guard', 'on'],
  ['settings', 'set', 'window', '-1'],
]

for (const argv of mistakes)
  test(`a usage mistake exits 2: ${JSON.stringify(argv)}`, async (t) => {
    const { code, stdout, stderr } = await runCli(argv)
    t.is(code, 2, stderr)
    t.is(stdout, '')
    t.not(stderr, '')
  })

test('without a database every command but dev, migrate and seed exits 3 and says how to make one', async (t) => {
  for (const argv of [
    ['settings'],
    ['import', '-'],
    ['export', '-'],
    ['serve', '--auth', 'header:X-User'],
    ['relay'],
    ['stats', 'show', '1'],
    ['stats', 'top'],
    ['stats', 'watch'],
    ['stats', 'rebuild'],
    ['stats', 'verify'],
    ['posts', 'list'],
    ['posts', 'create', '--title', 't', '--content', 'c', '--by', 'ada'],
    ['posts', 'delete', '1'],
    ['rate', '1', 'ada', '5'],
    ['users', 'erase', 'ada'],
    ['moderate', 'exclude', '1', '--from', '2020-01-01', '--reason', 'raid'],
    ['moderate', 'restore', '1', '--reason', 'no raid'],
    ['moderate', 'list'],
    ['doctor'],
    ['tui'],
  ]) {
    const { code, stderr } = await runCli(argv)
    t.is(code, 3, `${argv.join(' ')}: ${stderr}`)
    t.regex(stderr, /post-rate migrate.*post-rate seed/)
  }
})

test('consumer without Kafka or Redis exits 3 and says what to run instead', async (t) => {
  for (const env of [{}, { REDIS_URL: 'redis://127.0.0.1:1' }, { KAFKA_BROKERS: '127.0.0.1:1' }] as Record<
    string,
    string
  >[])
    for (const argv of [['consumer'], ['consumer', '--once']]) {
      const { code, stderr } = await runCli(argv, { env })
      t.is(code, 3)
      t.regex(stderr, /post-rate relay/)
    }
})

test('serve --auth jwt without a key exits 3', async (t) => {
  const { code, stderr } = await runCli(['serve', '--auth', 'jwt'])
  t.is(code, 3)
  t.regex(stderr, /POST_RATE_JWT_SECRET/)
})

test('a database that cannot be reached exits 4 and never shows its password', async (t) => {
  const env = { DATABASE_URL: 'postgres://ada:very-secret@127.0.0.1:1/blog' }
  for (const argv of [['stats', 'top'], ['migrate'], ['doctor']]) {
    const { code, stdout, stderr } = await runCli(argv, { env })
    t.is(code, 4, stderr)
    t.regex(stderr, /postgres:\/\/ada@127\.0\.0\.1:1\/blog/)
    t.notRegex(stdout + stderr, /very-secret/)
  }
})
