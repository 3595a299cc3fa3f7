import { spawn } from 'node:child_process'
import { readdirSync } from 'node:fs'
import { join } from 'node:path'
import { createInterface } from 'node:readline'
import { findTools } from '../helpers/run-tests/tools.ts'
import { projectDirectory } from '../helpers/services/directories.ts'
import { startKafka } from '../helpers/services/kafka.ts'
import { stopServer } from '../helpers/services/server.ts'
import { newServerDirectory } from '../helpers/services/server-directories.ts'
import { acquire, release } from '../helpers/services/services.ts'

const usage = `usage: npm run servers [-- WORD…]
Runs every test against clusters, poolers, other versions and servers that demand encryption, also those that the
ordinary run leaves out, and prints one table. WORD: only suites whose name has it.`

/** The oldest Kafka that is promised to work; the ordinary tests run on the newest. */
const olderKafka = '3.9.1'

interface Suite {
  name: string
  files: readonly string[]
  /** Starts what the suite runs on instead of the usual services; resolves to its variables and to what ends it. */
  surroundings?: () => Promise<{ env: Record<string, string>; end: () => Promise<void> }>
}

interface Row {
  suite: string
  title: string
  ok: boolean
  seconds: number
  figures: string[]
}

process.exitCode = await main(process.argv.slice(2))

async function main(words: readonly string[]): Promise<number> {
  const chosen = suites().filter(({ name }) => words.length === 0 || words.some((word) => name.includes(word)))
  if (chosen.length === 0) {
    console.error(
      `${usage}\nSuites: ${suites()
        .map(({ name }) => name)
        .join(', ')}`,
    )
    return 2
  }
  const { urls, missing } = await acquire({ hold: false, log: (line) => console.error(line) })
  const tools = findTools()
  for (const [name, reason] of Object.entries({ ...missing, ...tools.missing })) console.error(`! ${name}: ${reason}`)
  const env = {
    ...process.env,
    ...tools.environment,
    TEST_DATABASE_URL: urls.postgres,
    TEST_REDIS_URL: urls.redis,
    TEST_KAFKA_BROKERS: urls.kafka,
    // What cannot run here is a failure, not a gap.
    CI: 'true',
    TEST_SERVERS_ALL: 'true',
  }
  const rows: Row[] = []
  try {
    for (const suite of chosen) rows.push(...(await runSuite(suite, env)))
  } finally {
    await release({ force: false, log: () => {} })
  }
  console.log(`\n${table(rows)}`)
  const failed = rows.filter(({ ok }) => !ok).length
  console.log(`\n${rows.length - failed} passed, ${failed} failed`)
  return failed === 0 && rows.length > 0 ? 0 : 1
}

function suites(): Suite[] {
  const found = readdirSync(join(projectDirectory, 'test/servers'), { recursive: true, encoding: 'utf8' })
  const files = found.filter((file) => file.endsWith('.test.ts')).sort()
  return [
    ...files.map((file) => ({ name: file.replace(/^long\/|\.test\.ts$/g, ''), files: [`test/servers/${file}`] })),
    {
      name: `kafka-${olderKafka}`,
      files: ['test/contract/event-bus-kafka.test.ts', 'test/integration/end-to-end.test.ts'],
      surroundings: async () => {
        const server = await startKafka(await newServerDirectory('kafka'), { log: console.error, version: olderKafka })
        return { env: { TEST_KAFKA_BROKERS: server.url }, end: () => stopServer(server) }
      },
    },
  ]
}

async function runSuite({ name, files, surroundings }: Suite, env: NodeJS.ProcessEnv): Promise<Row[]> {
  console.error(`== ${name}`)
  const around = await surroundings?.()
  try {
    return await runAva(name, files, { ...env, ...around?.env })
  } finally {
    await around?.end()
  }
}

/** Runs AVA on these files, and makes a row of every test; one that never ended is a row, too. */
async function runAva(suite: string, files: readonly string[], env: NodeJS.ProcessEnv): Promise<Row[]> {
  const ava = join(projectDirectory, 'node_modules/ava/entrypoints/cli.mjs')
  const child = spawn(process.execPath, [ava, '--tap', '--concurrency=1', ...files], {
    cwd: projectDirectory,
    env,
    stdio: ['ignore', 'pipe', 'inherit'],
  })
  const ended = new Promise<number>((resolve) => child.once('close', (code) => resolve(code ?? 1)))
  const rows: Row[] = []
  let began = performance.now()
  for await (const line of createInterface({ input: child.stdout, crlfDelay: Number.POSITIVE_INFINITY })) {
    const result = /^(not ok|ok) \d+ - (.*)$/.exec(line)
    if (result) {
      const seconds = (performance.now() - began) / 1000
      began = performance.now()
      rows.push({ suite, title: result[2] ?? '', ok: result[1] === 'ok', seconds, figures: [] })
      console.error(`  ${result[1] === 'ok' ? '✔' : '✖'} ${result[2]} (${seconds.toFixed(1)} s)`)
    } else if (/^ *(# )?\*/.test(line)) rows.at(-1)?.figures.push(line.replace(/^[ #*]+/, ''))
    else if (rows.at(-1)?.ok === false) console.error(`    ${line}`)
  }
  const code = await ended
  if (code !== 0 && rows.every(({ ok }) => ok))
    rows.push({ suite, title: `AVA ended with ${code}`, ok: false, seconds: 0, figures: [] })
  return rows
}

function table(rows: readonly Row[]): string {
  const lines = rows.flatMap(({ suite, title, ok, seconds, figures }) => [
    `${suite.padEnd(20)}  ${ok ? 'ok    ' : 'FAILED'}  ${seconds.toFixed(1).padStart(6)}  ${title}`,
    ...figures.map((figure) => `${' '.repeat(38)}${figure}`),
  ])
  return [`${'suite'.padEnd(20)}  result  seconds  test`, ...lines].join('\n')
}
