import test from 'ava'
import { Redis } from 'ioredis'
import { printableJson } from '../../packages/cli/src/json.ts'
import { logLine } from '../../packages/cli/src/logger.ts'
import { eventually } from '../helpers/eventually.ts'
import { privateRedis } from '../helpers/private-servers.ts'
import { needs } from '../helpers/requires.ts'
import { testDatabase } from '../helpers/test-database.ts'
import { runCli, spawnCli } from './run-cli.ts'

const roles = needs('postgres', 'redis')

/** Of each line the level and what it says; fails on a line that is no JSON. */
function linesOf(stderr: string): { level: string; message: string }[] {
  const lines = stderr.trimEnd().split('\n')
  return lines.map((line) => JSON.parse(line))
}

roles('relay and serve write nothing but JSON lines where no person reads stderr', async (t) => {
  const redis = await privateRedis(t)
  // The password is not needed: ioredis itself prints that with console.warn.
  const env = { DATABASE_URL: await testDatabase(t), REDIS_URL: redis.url.replace('redis://', 'redis://:needless@') }
  for (const argv of [['relay'], ['serve', '--port', '0', '--auth', 'header:x-user', '--no-relay']]) {
    const child = spawnCli(t, argv, { env })
    await eventually(() => /Stop it with Ctrl-C/.test(child.stderr), { timeout: 40_000 })
    await eventually(() => argv[0] !== 'relay' || /asks for none/.test(child.stderr), { timeout: 40_000 })
    process.kill(child.pid, 'SIGTERM')
    t.is((await child.exited).code, 0)
    const lines = linesOf(child.stderr)
    t.true(lines.every(({ level, message }) => level !== '' && message !== ''))
    if (argv[0] === 'relay')
      t.true(lines.some(({ message }) => message.startsWith('Redis was given a password and asks for none')))
  }
})

roles('a user of Redis without INFO is let in without a word', async (t) => {
  const redis = await privateRedis(t)
  const admin = new Redis(redis.url)
  await admin.call('ACL', 'SETUSER', 'limited', 'on', '>secret', '~*', '+@all', '-info')
  admin.disconnect()
  const url = redis.url.replace('redis://', 'redis://limited:secret@')
  const child = spawnCli(t, ['relay'], { env: { DATABASE_URL: await testDatabase(t), REDIS_URL: url } })
  await eventually(() => /Stop it with Ctrl-C/.test(child.stderr), { timeout: 40_000 })
  process.kill(child.pid, 'SIGTERM')
  t.is((await child.exited).code, 0)
  t.deepEqual(
    linesOf(child.stderr).filter(({ level }) => level !== 'info'),
    [],
  )
})

test('a role that cannot start says so in a JSON line; other commands say it in words', async (t) => {
  const argv = ['--database', 'postgres://127.0.0.1:1/x']
  const relay = await runCli(['relay', ...argv])
  t.is(relay.code, 4)
  t.regex(linesOf(relay.stderr).at(-1)?.message ?? '', /^Cannot reach PostgreSQL/)
  t.is(linesOf(relay.stderr).at(-1)?.level, 'error')
  const before = await runCli([...argv, 'relay'])
  t.is(linesOf(before.stderr).at(-1)?.level, 'error')
  t.regex((await runCli(['stats', 'top', ...argv])).stderr, /^Error: Cannot reach PostgreSQL/m)
  t.regex((await runCli(['relay', ...argv], { terminal: true })).stderr, /^Error: Cannot reach PostgreSQL/m)
})

test('an error among the details of a log line is its message, and a long line stays JSON', (t) => {
  t.is(printableJson({ error: new RangeError('too far') }), '{"error":"too far"}')
  const line = logLine('warn', 'long', { text: 'x'.repeat(10_000) })
  t.like(JSON.parse(line), { level: 'warn', message: 'long' })
})
