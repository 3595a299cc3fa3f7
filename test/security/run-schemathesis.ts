import { type ChildProcess, spawn } from 'node:child_process'
import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import pg from 'pg'
import { projectDirectory } from '../helpers/services/directories.ts'
import { acquire, release } from '../helpers/services/services.ts'

const version = '4.32.5'
const configuration = join(projectDirectory, 'test/security/schemathesis.toml')
const launcher = join(projectDirectory, 'bin/post-rate.js')

/**
 * Holds the server, as it was built, against the OpenAPI document that it serves: with schemathesis, made for this run in a
 * Python environment of its own, on a database of its own, once as nobody and once as a user. `args` go to it.
 */
export async function runSchemathesis(args: readonly string[]): Promise<number> {
  const log = (line: string) => console.error(line)
  const { urls } = await acquire({ hold: false, log })
  const directory = await mkdtemp(join(tmpdir(), 'post-rate-schemathesis-'))
  const name = `schemathesis_${process.pid}`
  try {
    if (urls.postgres === undefined) throw new Error('There is no PostgreSQL to serve from')
    await execute('python3', ['-m', 'venv', 'env'], directory)
    await execute(join(directory, 'env/bin/pip'), ['install', '--quiet', `schemathesis==${version}`], directory)
    const database = new URL(urls.postgres)
    database.pathname = `/${name}`
    await sql(urls.postgres, `create database ${name}`)
    return await test(directory, database.href, args)
  } finally {
    if (urls.postgres !== undefined) await sql(urls.postgres, `drop database if exists ${name} with (force)`)
    await rm(directory, { recursive: true, force: true })
    await release({ force: false, log: () => {} })
  }
}

async function test(directory: string, database: string, args: readonly string[]): Promise<number> {
  const environment = { PATH: process.env.PATH, HOME: process.env.HOME, DATABASE_URL: database }
  await execute(process.execPath, [launcher, 'migrate'], directory, environment)
  await execute(process.execPath, [launcher, 'seed', '--posts', '30', '--ratings', '200'], directory, environment)
  const server = spawn(
    process.execPath,
    [launcher, 'serve', '--port', '0', '--auth', 'header:X-User', '--prefix', '/api'],
    { cwd: directory, env: environment, stdio: ['ignore', 'pipe', 'inherit'] },
  )
  const ended = new Promise((resolve) => server.once('close', resolve))
  try {
    const url = await addressOf(server)
    let failures = 0
    for (const [who, header] of [
      ['nobody', []],
      ['a user', ['--header', 'X-User: ada']],
    ] as const) {
      console.log(`\n===== schemathesis ${version} as ${who}\n`)
      const run = ['--config-file', configuration, 'run', ...header, ...args, `${url}openapi.json`]
      failures += Number((await exitCodeOf(join(directory, 'env/bin/st'), run, directory)) !== 0)
    }
    return failures === 0 && server.exitCode === null ? 0 : 1
  } finally {
    server.kill('SIGTERM')
    await ended
  }
}

function addressOf(server: ChildProcess): Promise<string> {
  return new Promise((resolve, reject) => {
    server.stdout?.once('data', (line: Buffer) => resolve(String(line).trim()))
    server.once('close', () => reject(new Error('The server ended')))
  })
}

async function execute(command: string, args: readonly string[], cwd: string, env = process.env): Promise<void> {
  const code = await exitCodeOf(command, args, cwd, env)
  if (code !== 0) throw new Error(`${command} ${args.join(' ')} ended with ${code}`)
}

function exitCodeOf(command: string, args: readonly string[], cwd: string, env = process.env): Promise<number> {
  return new Promise((resolve, reject) => {
    const child = spawn(command, args, { cwd, env, stdio: ['ignore', 'inherit', 'inherit'] })
    child.once('error', reject)
    child.once('close', (code) => resolve(code ?? 1))
  })
}

async function sql(url: string, text: string): Promise<void> {
  const client = new pg.Client({ connectionString: url })
  await client.connect()
  try {
    await client.query(text)
  } finally {
    await client.end()
  }
}
