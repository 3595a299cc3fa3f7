import { type ChildProcess, spawn } from 'node:child_process'
import { mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import type { ExecutionContext } from 'ava'
import { createPostRate } from 'post-rate'
import { runCli, workingDirectory } from '../cli/run-cli.ts'
import { cleanUp } from '../helpers/clean-up.ts'
import { eventually } from '../helpers/eventually.ts'
import { fullProfile } from '../helpers/full-profile.ts'
import { withPostgres, withServices } from '../helpers/requires.ts'
import { projectDirectory } from '../helpers/services/directories.ts'
import { runSql, testDatabase } from '../helpers/test-database.ts'
import { commandsOf, filledIn } from './readmes/commands.ts'
import { fenceWith, readReadme, tableWith } from './readmes/markdown.ts'

const readme = readReadme('README.md')
const launcher = join(projectDirectory, 'bin/post-rate.js')
const ratings = 'post,user,score,ratedAt\n1,ada,5,2020-06-01T00:00:00Z\n1,ben,0,2020-06-02T00:00:00Z\n'

withServices('README.md: the block of the administrator runs as it stands', async (t) => {
  const { database, redis, kafka, options } = await fullProfile(t)
  const here: Record<string, string> = {
    DATABASE_URL: database,
    REDIS_URL: redis.url,
    KAFKA_BROKERS: kafka.brokers.join(),
  }
  const lines = fenceWith(readme, 'sh', 'post-rate doctor').trim().split('\n')
  // The variables are the block's, their values the test's.
  const named = lines.filter((line) => line.startsWith('export ')).flatMap((line) => line.match(/[A-Z_]+(?==)/g) ?? [])
  t.deepEqual(named.toSorted(), Object.keys(here).toSorted())
  const env = {
    ...Object.fromEntries(named.map((name) => [name, here[name] as string])),
    POST_RATE_REDIS_PREFIX: redis.prefix,
    POST_RATE_TOPIC: kafka.topic,
    POST_RATE_GROUP: kafka.group,
  }
  const directory = await mkdtemp(join(tmpdir(), 'post-rate-readme-'))
  cleanUp(t, () => rm(directory, { recursive: true, force: true }))
  await writeFile(join(directory, 'ratings.csv'), ratings)
  const [setUp, imported, roles, ...rest] = lines.filter((line) => line.startsWith('post-rate ')) as [
    string,
    string,
    string,
    ...string[],
  ]
  t.deepEqual(
    rest.map((line) => line.replace(/\s*#.*/, '')),
    ['post-rate tui'],
    'A test of its own runs the dashboard in a terminal',
  )

  for (const line of [setUp, imported]) {
    const { code, output } = await shell(t, directory, line, env).ended
    t.is(code, 0, output)
  }
  const running = shell(t, directory, `${roles.replace('serve ', 'serve --port 0 ')} wait`, env)
  const [url] = await eventually(() => /http:\/\/127\.0\.0\.1:\d+/.exec(running.output()), {
    timeout: 40_000,
    message: `serve did not say where it is: ${running.output()}`,
  })
  const rated = await fetch(`${url}/posts/1/rating`, {
    method: 'PUT',
    headers: { 'Content-Type': 'application/json', 'X-User': 'cleo' },
    body: '{"score":4}',
  })
  t.is(rated.status, 200)
  const postRate = createPostRate(options)
  cleanUp(t, () => postRate.close())
  const found = await eventually(
    async () => (await postRate.stats.get([1])).find(({ source, live }) => source === 'redis' && live.count === 3),
    { timeout: 40_000, message: 'The rating did not come through relay and consumer' },
  )
  t.is(found.live.sum, 9)
})

withPostgres('README.md: the commands of the symptoms do their work', async (t) => {
  const env = { DATABASE_URL: await testDatabase(t) }
  const postRate = createPostRate({ database: env.DATABASE_URL })
  cleanUp(t, () => postRate.close())
  await postRate.start({ relay: true })
  t.is((await runCli(['import', '-', '--create-posts'], { env, input: ratings })).code, 0)
  await eventually(async () => (await postRate.stats.get([1])).some(({ live }) => live.count === 2))

  // One without ratings: excluding those of another would keep it from being released.
  await runSql(
    env.DATABASE_URL,
    `insert into post_rate.incidents (post_id, starts_at, ends_at) values (1, '2001-01-01Z', '2001-01-02Z')`,
  )
  const commands = tableWith(readme, 'symptom')
    .flatMap(([, remedy = '']) => commandsOf(remedy))
    .map(({ words }) => filledIn(words.slice(1)))
    // The relay runs in this process.
    .filter(([name]) => name !== 'relay')
    // `first with --dry-run`, `then without`
    .flatMap((args) => (args.includes('--dry-run') ? [args, args.filter((arg) => arg !== '--dry-run')] : [args]))
  t.true(commands.length > 15)
  const cwd = await workingDirectory(t)
  for (const args of commands) {
    const { code, stderr } = await runCli(args, { env, cwd })
    t.is(code, 0, `post-rate ${args.join(' ')}: ${stderr}`)
  }
})

/** Runs a line as bash does, in which `post-rate` is this checkout's; everything that it started is ended with the test. */
function shell(t: ExecutionContext<unknown>, cwd: string, line: string, env: Record<string, string>) {
  const script = `post-rate() { '${process.execPath}' '${launcher}' "$@"; }\n${line}`
  const child: ChildProcess = spawn('bash', ['-c', script], {
    cwd,
    env: { PATH: process.env.PATH, HOME: process.env.HOME, ...env },
    detached: true,
    stdio: ['ignore', 'pipe', 'pipe'],
  })
  let output = ''
  for (const stream of [child.stdout, child.stderr])
    stream?.setEncoding('utf8').on('data', (text: string) => {
      output += text
    })
  const ended = new Promise<{ code: number | null; output: string }>((resolve) =>
    child.once('close', (code) => resolve({ code, output })),
  )
  const kill = () => {
    try {
      process.kill(-(child.pid as number), 'SIGKILL')
    } catch {
      // The whole group has ended.
    }
  }
  process.once('exit', kill)
  cleanUp(t, async () => {
    kill()
    await ended
    process.off('exit', kill)
  })
  return { output: () => output, ended }
}
