import { type ChildProcess, fork, spawn } from 'node:child_process'
import { readFileSync } from 'node:fs'
import { fileURLToPath } from 'node:url'
import { Redis } from 'ioredis'
import { Kafka, logLevel } from 'kafkajs'
import pg from 'pg'
import { projectDirectory } from '../helpers/services/directories.ts'
import { startKafka } from '../helpers/services/kafka.ts'
import { startPostgres } from '../helpers/services/postgres.ts'
import { startRedis } from '../helpers/services/redis.ts'
import { type Server, stopServer } from '../helpers/services/server.ts'
import { newServerDirectory } from '../helpers/services/server-directories.ts'

/** As an administrator would set it for this size of machine; everything that makes a commit durable is on. */
const postgresSettings = {
  shared_buffers: '1GB',
  max_wal_size: '8GB',
  checkpoint_timeout: '30min',
  maintenance_work_mem: '512MB',
  shared_preload_libraries: 'pg_stat_statements',
}

/** A program under test/bench/programs, run by plain Node on the built packages, which answers questions. */
export interface Program {
  pid: number
  ask<T>(question: object): Promise<T>
  stop(): Promise<void>
}

export interface BenchOptions {
  /** Counted runs of each contender. */
  runs: number
  /** Factor for how long and how much: 1 is what the table asks for. */
  scale: number
  /** How long the longest row runs. Default: 10. */
  minutes?: number
  log(line: string): void
}

/** Servers for the rows, and the processes that load them. */
export class Bench {
  readonly runs: number
  readonly scale: number
  readonly minutes: number
  readonly log: (line: string) => void
  readonly #servers = new Map<string, Promise<Server>>()
  readonly #children = new Set<ChildProcess>()
  #databases = 0

  constructor({ runs, scale, minutes = 10, log }: BenchOptions) {
    this.runs = runs
    this.scale = scale
    this.minutes = minutes
    this.log = log
  }

  /** URL of a new, empty database with `fsync` on. */
  async database(): Promise<string> {
    const { url } = await this.#server('postgres', async () =>
      startPostgres(await newServerDirectory('postgres'), postgresSettings),
    )
    const name = `bench_${++this.#databases}`
    await this.sql(url, `create database ${name}`)
    const own = new URL(url)
    own.pathname = `/${name}`
    return own.href
  }

  async dropDatabase(url: string): Promise<void> {
    const { url: server } = await (this.#servers.get('postgres') as Promise<Server>)
    await this.sql(server, `drop database ${new URL(url).pathname.slice(1)} with (force)`)
  }

  /** URL of an empty Redis. */
  async redis(): Promise<string> {
    const { url } = await this.#server('redis', async () => startRedis(await newServerDirectory('redis')))
    await this.onRedis(url, (redis) => redis.flushall())
    return url
  }

  /** `host:port` of a Kafka broker; topics are the row's own to name. */
  async kafka(): Promise<string> {
    const { url } = await this.#server('kafka', async () =>
      startKafka(await newServerDirectory('kafka'), { optimised: true }),
    )
    return url
  }

  kafkaClient(broker: string): Kafka {
    return new Kafka({ clientId: 'bench', brokers: [broker], logLevel: logLevel.NOTHING })
  }

  /** Runs statements one after the other on one connection; the rows of the last. */
  async sql<R = Record<string, unknown>>(url: string, ...statements: string[]): Promise<R[]> {
    const client = new pg.Client(url)
    await client.connect()
    try {
      let rows: R[] = []
      for (const statement of statements) rows = (await client.query(statement)).rows as R[]
      return rows
    } finally {
      await client.end()
    }
  }

  async onRedis<T>(url: string, work: (redis: Redis) => Promise<T>): Promise<T> {
    const redis = new Redis(url)
    try {
      return await work(redis)
    } finally {
      redis.disconnect()
    }
  }

  /** Starts `test/bench/programs/NAME.js`, which says `ready` first and then answers each question with one message. */
  async program(name: string, options: object, nodeArgs: readonly string[] = []): Promise<Program> {
    const file = fileURLToPath(new URL(`programs/${name}.js`, import.meta.url))
    const child = fork(file, [JSON.stringify(options)], { execArgv: [...nodeArgs], env: cleanEnvironment() })
    this.#children.add(child)
    const next = <T>() =>
      new Promise<T>((resolve, reject) => {
        const done = () => {
          child.off('message', onMessage).off('exit', onExit)
        }
        const onMessage = (message: { error?: string; answer: T }) => {
          done()
          if (message.error === undefined) resolve(message.answer)
          else reject(new Error(`${name}: ${message.error}`))
        }
        const onExit = (code: number | null) => {
          done()
          reject(new Error(`${name} ended with ${code}`))
        }
        child.on('message', onMessage).on('exit', onExit)
      })
    const stop = async () => {
      this.#children.delete(child)
      if (child.exitCode !== null || child.signalCode !== null) return
      const gone = new Promise((resolve) => child.once('exit', resolve))
      child.kill('SIGTERM')
      const impatient = setTimeout(() => child.kill('SIGKILL'), 20_000)
      await gone
      clearTimeout(impatient)
    }
    await next()
    return {
      pid: child.pid as number,
      ask: (question) => {
        const answer = next<never>()
        child.send(question)
        return answer
      },
      stop,
    }
  }

  /** A role of the command line as a process of its own; resolves once its standard error matches `ready`. */
  async role(args: readonly string[], env: Record<string, string>, ready: RegExp): Promise<Program> {
    const child = spawn(process.execPath, [`${projectDirectory}/bin/post-rate.js`, ...args], {
      env: { ...cleanEnvironment(), ...env },
      cwd: '/',
      stdio: ['ignore', 'ignore', 'pipe'],
    })
    this.#children.add(child)
    let said = ''
    await new Promise<void>((resolve, reject) => {
      child.stderr?.on('data', (chunk) => {
        said = (said + chunk).slice(-10_000)
        if (ready.test(said)) resolve()
      })
      child.once('exit', (code) => reject(new Error(`post-rate ${args.join(' ')} ended with ${code}: ${said}`)))
    })
    const stop = async () => {
      this.#children.delete(child)
      if (child.exitCode !== null || child.signalCode !== null) return
      const gone = new Promise((resolve) => child.once('exit', resolve))
      child.kill('SIGTERM')
      await gone
    }
    return { pid: child.pid as number, ask: () => Promise.reject(new Error('A role answers no questions')), stop }
  }

  /** Runs a command to its end; its standard output. `watch` is called with its process id 20 times a second. */
  async command(
    file: string,
    args: readonly string[],
    env: Record<string, string> = {},
    watch?: (pid: number) => void,
  ): Promise<string> {
    const child = spawn(file, args, { env: { ...cleanEnvironment(), ...env }, stdio: ['ignore', 'pipe', 'pipe'] })
    this.#children.add(child)
    const watching = watch && setInterval(() => child.exitCode === null && watch(child.pid as number), 50)
    let out = ''
    let complaint = ''
    child.stdout.on('data', (chunk) => {
      out += chunk
    })
    child.stderr.on('data', (chunk) => {
      complaint = (complaint + chunk).slice(-10_000)
    })
    const code = await new Promise((resolve, reject) => child.once('error', reject).once('close', resolve))
    clearInterval(watching)
    this.#children.delete(child)
    if (code !== 0) throw new Error(`${file} ${args.join(' ')} ended with ${code}: ${complaint}`)
    return out
  }

  /** A server that runs already: its processes and where its files are. */
  async server(name: 'postgres' | 'redis' | 'kafka'): Promise<Server> {
    const server = this.#servers.get(name)
    if (server === undefined) throw new Error(`${name} was not started`)
    return server
  }

  async close(): Promise<void> {
    for (const child of this.#children) child.kill('SIGKILL')
    for (const server of this.#servers.values()) await server.then(stopServer, () => {})
  }

  #server(name: string, start: () => Promise<Server>): Promise<Server> {
    let server = this.#servers.get(name)
    if (server === undefined) {
      server = start()
      this.#servers.set(name, server)
    }
    return server
  }
}

/** Seconds of processor time that a process has used, and its resident memory in bytes. */
export function usage(pid: number): { cpuSeconds: number; rss: number } {
  const stat = readFileSync(`/proc/${pid}/stat`, 'utf8')
  const fields = stat.slice(stat.lastIndexOf(')') + 2).split(' ')
  const ticks = Number(fields[11]) + Number(fields[12])
  return { cpuSeconds: ticks / 100, rss: Number(fields[21]) * 4096 }
}

/** Nothing of what configures the tools or Node itself. */
function cleanEnvironment(): NodeJS.ProcessEnv {
  const { PATH, HOME, LANG } = process.env
  return { PATH, HOME, LANG, NODE_ENV: 'production' }
}
