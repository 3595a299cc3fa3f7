import { rm } from 'node:fs/promises'
import type { ExecutionContext } from 'ava'
import { cleanUp } from './clean-up.ts'
import { type Certificates, makeCertificates } from './services/certificates.ts'
import { startKafka, startKafkaCluster } from './services/kafka.ts'
import { type SecureKafka, startSecureKafka } from './services/kafka-secure.ts'
import { type MovingClock, movingClock } from './services/moving-clock.ts'
import { startPgBouncer } from './services/pgbouncer.ts'
import { startPostgres } from './services/postgres.ts'
import { startSecurePostgres } from './services/postgres-secure.ts'
import { type ProcessHandle, sendSignal, stopProcess } from './services/processes.ts'
import { type ClusterSecurity, startRedis, startRedisCluster } from './services/redis.ts'
import { type SecureRedis, startSecureRedis } from './services/redis-secure.ts'
import { type ClusterServer, type Server, stopServer } from './services/server.ts'
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

/** One with nodes that come and go alone. */
export interface PrivateCluster extends PrivateServer {
  nodes: readonly PrivateNode[]
}

export interface PrivateNode {
  /** A URL; for Kafka `host:port`. */
  url: string
  signal: (signal: NodeJS.Signals) => void
  /** Kills it where it runs, and starts it again on what it has on disk. */
  restart: () => Promise<void>
}

/** A Redis; `args` are further options of `redis-server`, for example `['--maxmemory', '2mb']`. */
export function privateRedis(t: ExecutionContext<unknown>, args: readonly string[] = []): Promise<PrivateServer> {
  return started(t, 'redis', (directory) => startRedis(directory, args))
}

/** A Redis Cluster of three masters; the URL is that of its first node. A node that is started again is empty. */
export function privateRedisCluster(t: ExecutionContext<unknown>, security?: ClusterSecurity): Promise<PrivateCluster> {
  return startedCluster(t, 'redis-cluster', (directory) => startRedisCluster(directory, security))
}

/** A PostgreSQL; `settings` go into its `postgresql.conf`. */
export function privatePostgres(
  t: ExecutionContext<unknown>,
  settings: Record<string, string> = {},
): Promise<PrivateServer> {
  return started(t, 'postgres', (directory) => startPostgres(directory, settings))
}

/** A PostgreSQL whose clock the test moves. */
export async function postgresWithClock(t: ExecutionContext<unknown>): Promise<PrivateServer & { clock: MovingClock }> {
  const directory = await newServerDirectory('clock')
  cleanUp(t, () => rm(directory, { recursive: true, force: true }))
  const clock = movingClock(directory)
  const server = await started(t, 'postgres', (own) => startPostgres(own, {}, '', clock.env))
  return { ...server, clock }
}

/** A PgBouncer in transaction mode before the server of `database`; `settings` go into its `pgbouncer.ini`. */
export function privatePgBouncer(
  t: ExecutionContext<unknown>,
  database: string,
  settings: Record<string, string> = {},
): Promise<PrivateServer> {
  return started(t, 'pgbouncer', (directory) => startPgBouncer(directory, database, settings))
}

/** A Kafka of one node, of another version where one is named. Takes some seconds and half a gigabyte of memory. */
export function privateKafka(t: ExecutionContext<unknown>, version?: string): Promise<PrivateServer> {
  return started(t, 'kafka', (directory) => startKafka(directory, { version }))
}

/** A Kafka of three nodes; the URL names all three brokers. Three times the memory, and half a minute. */
export function privateKafkaCluster(t: ExecutionContext<unknown>): Promise<PrivateCluster> {
  return startedCluster(t, 'kafka-cluster', startKafkaCluster)
}

/** An authority of a test's own, and what it signed. */
export async function privateCertificates(t: ExecutionContext<unknown>): Promise<Certificates> {
  const directory = await newServerDirectory('certificates')
  cleanUp(t, () => rm(directory, { recursive: true, force: true }))
  return makeCertificates(directory)
}

/** Servers that demand encryption and a login. */
export async function securePostgres(t: ExecutionContext<unknown>, certificates: Certificates): Promise<Server> {
  return ended(t, await startSecurePostgres(await newServerDirectory('postgres'), certificates))
}

export async function secureRedis(t: ExecutionContext<unknown>, certificates: Certificates): Promise<SecureRedis> {
  return ended(t, await startSecureRedis(await newServerDirectory('redis'), certificates))
}

export async function secureKafka(t: ExecutionContext<unknown>, certificates: Certificates): Promise<SecureKafka> {
  return ended(t, await startSecureKafka(await newServerDirectory('kafka'), certificates))
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

async function startedCluster(
  t: ExecutionContext<unknown>,
  name: string,
  start: (directory: string) => Promise<ClusterServer>,
): Promise<PrivateCluster> {
  let cluster: ClusterServer | undefined
  const server = await started(t, name, async (directory) => {
    cluster = await start(directory)
    return cluster
  })
  const { processes, nodes } = cluster as ClusterServer
  const process = (n: number) => processes[n] as ProcessHandle
  return {
    ...server,
    nodes: nodes.map((node, n) => ({
      url: node.url,
      signal: (signal) => sendSignal(process(n), signal),
      restart: async () => {
        await stopProcess(process(n), 'SIGKILL')
        processes[n] = await node.start()
      },
    })),
  }
}

function ended<S extends Server>(t: ExecutionContext<unknown>, server: S): S {
  cleanUp(t, () => stopServer(server))
  return server
}
