import { spawnSync } from 'node:child_process'
import { chmodSync, existsSync, mkdirSync, readdirSync, rmSync } from 'node:fs'
import { join } from 'node:path'
import { runDirectory } from '../helpers/services/directories.ts'
import { startKafka } from '../helpers/services/kafka.ts'
import { hasMovingClock, type MovingClock, movingClock } from '../helpers/services/moving-clock.ts'
import { startPostgres } from '../helpers/services/postgres.ts'
import { isRunning, type ProcessHandle, sendSignal, startAgain, stopProcess } from '../helpers/services/processes.ts'
import { startRedis } from '../helpers/services/redis.ts'
import type { Server } from '../helpers/services/server.ts'
import { isOwned, newServerDirectory } from '../helpers/services/server-directories.ts'
import { TcpProxy } from './proxy.ts'

/** A server that may be killed, stopped and started again on the same port and data. */
export class FaultyServer {
  readonly url: string
  readonly port: number
  readonly directory: string
  #process: ProcessHandle

  constructor(server: Server) {
    this.url = server.url
    this.port = Number(/:(\d+)(?:\/|$)/.exec(server.url)?.[1])
    this.directory = server.directory
    this.#process = server.processes[0] as ProcessHandle
  }

  get running(): boolean {
    return isRunning(this.#process)
  }

  signal(name: NodeJS.Signals): void {
    sendSignal(this.#process, name)
  }

  /** Sends a signal that ends it, and waits until it has. */
  async end(signal: NodeJS.Signals): Promise<void> {
    sendSignal(this.#process, 'SIGCONT')
    await stopProcess(this.#process, signal)
  }

  /** Starts it again; resolves when the process runs, not when it answers. */
  async start(env?: NodeJS.ProcessEnv): Promise<void> {
    if (this.running) return
    this.#process = await startAgain(this.#process, env ? { env } : {})
  }

  async dispose(): Promise<void> {
    await this.end('SIGKILL')
    rmSync(this.directory, { recursive: true, force: true, maxRetries: 5 })
  }
}

/** A folder on a file system of its own that can be filled up; an ordinary folder where this user may not mount. */
export interface Volume {
  path: string
  limited: boolean
  release(): void
}

/** File systems of runs that were killed: their folders could not be removed. */
function releaseAbandoned(): void {
  for (const name of readdirSync(runDirectory())) {
    const directory = join(runDirectory(), name)
    if (existsSync(join(directory, 'volume')) && !isOwned(directory))
      spawnSync('umount', ['-l', join(directory, 'volume')])
  }
}

export function makeVolume(directory: string, size: string): Volume {
  releaseAbandoned()
  const path = join(directory, 'volume')
  // The owner of the data is another user than the one who made the folder.
  chmodSync(directory, 0o755)
  mkdirSync(path)
  const mounted = spawnSync('mount', ['-t', 'tmpfs', '-o', `size=${size},mode=755`, 'tmpfs', path])
  const limited = mounted.status === 0
  return {
    path,
    limited,
    release: () => {
      if (limited) spawnSync('umount', ['-l', path])
      rmSync(directory, { recursive: true, force: true, maxRetries: 5 })
    },
  }
}

export interface PostgresServer {
  server: FaultyServer
  volume: Volume
  /** Null where this machine cannot compile one. */
  clock: MovingClock | null
}

/** PostgreSQL on a volume of its own, so that its disk can be filled. */
export async function faultyPostgres(settings: Record<string, string> = {}): Promise<PostgresServer> {
  const volume = makeVolume(await newServerDirectory('postgres'), '1500m')
  const configuration = { max_wal_size: '256MB', min_wal_size: '80MB', wal_keep_size: '64MB', ...settings }
  const clock = hasMovingClock() ? movingClock(volume.path) : null
  const server = await startPostgres(join(volume.path, 'server'), configuration, '', clock?.env)
  return { server: new FaultyServer(server), volume, clock }
}

export async function faultyRedis(args: readonly string[]): Promise<FaultyServer> {
  return new FaultyServer(await startRedis(await newServerDirectory('redis'), args))
}

export interface ProxiedKafka {
  server: FaultyServer
  /** One way for relays, one for consumers: brokers name themselves, so each way needs a listener that names the proxy. */
  relays: TcpProxy
  consumers: TcpProxy
}

export async function faultyKafka(listenerPorts: readonly [number, number]): Promise<ProxiedKafka> {
  const [relays, consumers] = await Promise.all(listenerPorts.map((port) => TcpProxy.start(port)))
  if (!relays || !consumers) throw new Error('No proxies')
  const server = await startKafka(await newServerDirectory('kafka'), {
    configure: (properties) => ({
      ...properties,
      listeners: `${properties.listeners},RELAYS://127.0.0.1:${listenerPorts[0]},CONSUMERS://127.0.0.1:${listenerPorts[1]}`,
      'advertised.listeners': `${properties['advertised.listeners']},RELAYS://127.0.0.1:${relays.port},CONSUMERS://127.0.0.1:${consumers.port}`,
      'listener.security.protocol.map': `${properties['listener.security.protocol.map']},RELAYS:PLAINTEXT,CONSUMERS:PLAINTEXT`,
      'log.retention.check.interval.ms': 2000,
    }),
  })
  return { server: new FaultyServer(server), relays, consumers }
}
