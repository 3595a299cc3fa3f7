import type { ExecutionContext } from 'ava'
import { cleanUp } from './clean-up.ts'
import { startKafka } from './services/kafka.ts'
import { startPostgres } from './services/postgres.ts'
import { type ProcessHandle, sendSignal } from './services/processes.ts'
import { startRedis, startRedisCluster } from './services/redis.ts'
import { type Server, stopServer } from './services/server.ts'
import { newServerDirectory } from './services/server-directories.ts'

/** A server of a test's own, which it may flush, stop or kill. Ended with the test, or with the file. */
export interface PrivateServer {
  /** A URL; for Kafka `host:port`. */
  url: string
  processes: readonly ProcessHandle[]
  /** Sends a signal to all its processes: SIGSTOP, SIGCONT, SIGKILL… */
  signal: (signal: NodeJS.Signals) => void
  /** Ends it before the test does. */
  stop: () => Promise<void>
}

/** A Redis; `args` are further options of `redis-server`, for example `['--maxmemory', '2mb']`. */
export function privateRedis(t: ExecutionContext<unknown>, args: readonly string[] = []): Promise<PrivateServer> {
  return started(t, 'redis', (directory) => startRedis(directory, args))
}

/** A Redis Cluster of three masters; the URL is that of its first node. */
export function privateRedisCluster(t: ExecutionContext<unknown>): Promise<PrivateServer> {
  return started(t, 'redis-cluster', (directory) => startRedisCluster(directory))
}

/** A PostgreSQL; `settings` go into its `postgresql.conf`. */
export function privatePostgres(
  t: ExecutionContext<unknown>,
  settings: Record<string, string> = {},
): Promise<PrivateServer> {
  return started(t, 'postgres', (directory) => startPostgres(directory, settings))
}

/** A Kafka of one node. Takes some seconds and half a gigabyte of memory. */
export function privateKafka(t: ExecutionContext<unknown>): Promise<PrivateServer> {
  return started(t, 'kafka', (directory) => startKafka(directory))
}

async function started(
  t: ExecutionContext<unknown>,
  name: string,
  start: (directory: string) => Promise<Server>,
): Promise<PrivateServer> {
  const server = await start(await newServerDirectory(name))
  const signal = (name: NodeJS.Signals) => {
    for (const handle of server.processes) sendSignal(handle, name)
  }
  const stop = async () => {
    // A stopped process would not act on the signal that asks it to end.
    signal('SIGCONT')
    await stopServer(server)
  }
  cleanUp(t, stop)
  return { url: server.url, processes: server.processes, signal, stop }
}
