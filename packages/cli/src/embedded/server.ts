import { execFile, spawn } from 'node:child_process'
import { existsSync } from 'node:fs'
import { mkdir, mkdtemp, readFile, rename, rm, truncate, writeFile } from 'node:fs/promises'
import { createConnection, createServer } from 'node:net'
import { tmpdir } from 'node:os'
import { dirname, join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import { CommandError } from '../errors.ts'
import { type Binaries, program } from './binaries.ts'
import { isAlive, isZombie } from './process-identity.ts'
import { type Account, give } from './server-account.ts'

const attempts = 5
/** Milliseconds. */
const zombiePatience = 3000

/** One PostgreSQL server on its data directory. Callers hold the directory's lock. */
export class EmbeddedServer {
  readonly dataDirectory: string
  readonly #binaries: Binaries
  readonly #account: Account

  constructor(dataDirectory: string, binaries: Binaries, account: Account) {
    this.dataDirectory = dataDirectory
    this.#binaries = binaries
    this.#account = account
  }

  exists(): boolean {
    return existsSync(join(this.dataDirectory, 'PG_VERSION'))
  }

  /** Makes the cluster beside its place and moves it there when it is whole. */
  async make(password: string): Promise<void> {
    const draft = `${this.dataDirectory}-draft`
    const secrets = await mkdtemp(join(tmpdir(), 'post-rate-'))
    try {
      const passwordFile = join(secrets, 'password')
      await writeFile(passwordFile, `${password}\n`, { mode: 0o600 })
      give(this.#account, secrets)
      give(this.#account, passwordFile)
      await mkdir(dirname(draft), { recursive: true })
      await rm(draft, { recursive: true, force: true })
      await mkdir(draft, { mode: 0o700 })
      give(this.#account, draft)
      const args = ['-D', draft, '-U', 'post_rate', '-A', 'scram-sha-256', `--pwfile=${passwordFile}`]
      const locale = ['-E', 'UTF8', '--locale=C', '--locale-provider=builtin', '--builtin-locale=C.UTF-8']
      await this.#run('initdb', [...args, ...locale])
      await this.#run('postgres', ['--single', '-D', draft, 'postgres'], 'CREATE DATABASE post_rate\n')
      await rename(draft, this.dataDirectory)
    } finally {
      await rm(secrets, { recursive: true, force: true })
    }
  }

  /** Starts the server unless it runs; resolves to its port. */
  async start(): Promise<number> {
    const running = await this.#runningPort()
    if (running !== null) return running
    await this.#clearZombie()
    const log = join(this.dataDirectory, 'server.log')
    if (existsSync(log)) await truncate(log)
    for (let attempt = 1; ; attempt++) {
      const port = await freePort()
      // Sockets in the file system would bring a limit on the directory's path length, and TCP serves everyone.
      const settings = `-p ${port} -c listen_addresses=127.0.0.1 -c unix_socket_directories=`
      try {
        await this.#run('pg_ctl', ['start', '-w', '-t', '60', '-s', '-D', '.', '-l', 'server.log', '-o', settings])
        return port
      } catch (error) {
        // Something else may have taken the port in between.
        if (attempt < attempts) continue
        throw new CommandError(
          `The embedded PostgreSQL does not start; its last words in ${log}:\n${await tail(log)}`,
          {
            cause: error,
          },
        )
      }
    }
  }

  async stop(): Promise<void> {
    if ((await this.#postmaster()) === null) return
    await this.#run('pg_ctl', ['stop', '-w', '-s', '-m', 'fast', '-D', '.'])
  }

  /** Has the server stopped by a process of its own; for when this one is about to end. */
  stopLater(): void {
    spawn(program(this.#binaries, 'pg_ctl'), ['stop', '-W', '-s', '-m', 'fast', '-D', '.'], {
      ...this.#account,
      cwd: this.dataDirectory,
      detached: true,
      stdio: 'ignore',
    }).unref()
  }

  /** The port of the running server; null where none runs, also where only its pid file was left. */
  async #runningPort(): Promise<number | null> {
    for (;;) {
      const postmaster = await this.#postmaster()
      if (postmaster === null || !(await accepts(postmaster.port))) return null
      if (postmaster.status !== 'stopping') return postmaster.port
      await sleep(50)
    }
  }

  /** PostgreSQL takes a zombie for a living server and would not start beside it. */
  async #clearZombie(): Promise<void> {
    const path = join(this.dataDirectory, 'postmaster.pid')
    const pid = Number((await readFile(path, 'utf8').catch(() => '')).split('\n')[0])
    if (!(pid > 0)) return
    // Its children need a moment to notice that it is gone.
    for (let wait = 0; isZombie(pid) && wait < zombiePatience; wait += 100) await sleep(100)
    if (isZombie(pid)) await rm(path, { force: true })
  }

  /** What the server wrote about itself: pid in line 1, port in line 4, status in line 8. */
  async #postmaster(): Promise<{ pid: number; port: number; status: string } | null> {
    try {
      const lines = (await readFile(join(this.dataDirectory, 'postmaster.pid'), 'utf8')).split('\n')
      const [pid, port] = [Number(lines[0]), Number(lines[3])]
      return pid > 0 && port > 0 && isAlive(pid) ? { pid, port, status: lines[7]?.trim() ?? '' } : null
    } catch {
      return null
    }
  }

  #run(name: 'initdb' | 'pg_ctl' | 'postgres', args: string[], input = ''): Promise<void> {
    return new Promise((resolve, reject) => {
      const child = execFile(
        program(this.#binaries, name),
        args,
        {
          ...this.#account,
          // pg_ctl hands its paths to a shell, which must not find anything of its own in them: so they are relative.
          // The others must not stand where this process stands, since their account may not be allowed to.
          cwd: name === 'pg_ctl' ? this.dataDirectory : dirname(this.#binaries.root),
          env: { PATH: process.env.PATH, TZ: 'UTC', LC_ALL: 'C', SystemRoot: process.env.SystemRoot },
        },
        (error, stdout, stderr) => {
          if (error === null) resolve()
          else
            reject(
              new CommandError(`The embedded PostgreSQL failed (${name}): ${stderr || stdout || error.message}`, {
                cause: error,
              }),
            )
        },
      )
      child.stdin?.on('error', () => {})
      child.stdin?.end(input)
    })
  }
}

function freePort(): Promise<number> {
  return new Promise((resolve, reject) => {
    const server = createServer()
    server.once('error', reject)
    server.listen(0, '127.0.0.1', () => {
      const address = server.address()
      server.close(() => resolve((address as { port: number }).port))
    })
  })
}

function accepts(port: number): Promise<boolean> {
  return new Promise((resolve) => {
    const socket = createConnection({ port, host: '127.0.0.1', timeout: 2000 })
    const end = (result: boolean) => {
      socket.destroy()
      resolve(result)
    }
    socket.once('connect', () => end(true))
    socket.once('error', () => end(false))
    socket.once('timeout', () => end(false))
  })
}

async function tail(path: string): Promise<string> {
  try {
    return (await readFile(path, 'utf8')).trimEnd().split('\n').slice(-10).join('\n')
  } catch {
    return '(no log)'
  }
}
