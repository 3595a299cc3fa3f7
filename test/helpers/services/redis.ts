import { mkdirSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { Redis } from 'ioredis'
import { findCommand, runCommand } from './commands.ts'
import { freePorts } from './ports.ts'
import { type ProcessHandle, startProcess, waitUntilReady } from './processes.ts'
import type { ClusterServer, Server } from './server.ts'
import { Unavailable } from './unavailable.ts'

/** Name and version of the Redis that `startRedis` starts. Throws `Unavailable` where there is none. */
export function describeRedis(): string {
  return `Redis ${/v=(\d+\.\d+)/.exec(runCommand(redisServer(), ['--version']))?.[1]}`
}

/** Starts a Redis that keeps nothing on disk. `args` are further options of `redis-server`. */
export async function startRedis(directory: string, args: readonly string[] = []): Promise<Server> {
  const [port] = (await freePorts(1)) as [number]
  const password = args.includes('--requirepass') ? `:${args[args.indexOf('--requirepass') + 1]}@` : ''
  const url = `redis://${password}127.0.0.1:${port}`
  const process = await startRedisNode(directory, ['--port', String(port), ...args], () => answers(url))
  return { url, processes: [process], directory, stopSignal: 'SIGTERM' }
}

/** What a cluster that is encrypted, between its nodes too, and wants a login is set up with. */
export interface ClusterSecurity {
  /** Authority, certificate and key, as PEM files. */
  ca: string
  cert: string
  key: string
  password: string
}

/** Starts a Redis Cluster of three masters; the URL is that of its first node. A node that is started again is empty. */
export async function startRedisCluster(directory: string, security?: ClusterSecurity): Promise<ClusterServer> {
  const cli = findCommand('redis-cli')
  if (!cli) throw new Unavailable('no `redis-cli` (Debian package `redis-tools`)')
  const ports = await freePorts(6)
  const login = security === undefined ? {} : { password: security.password, tls: { ca: readFileSync(security.ca) } }
  const nodes = [0, 1, 2].map((n) => {
    const port = ports[n] as number
    const url =
      security === undefined ? `redis://127.0.0.1:${port}` : `rediss://:${security.password}@127.0.0.1:${port}`
    const options = [
      ...(security === undefined ? ['--port', String(port)] : securely(port, security)),
      ...['--cluster-enabled', 'yes', '--cluster-port', String(ports[n + 3]), '--cluster-node-timeout', '2000'],
    ]
    return { url, start: () => startRedisNode(join(directory, `node-${n}`), options, () => answers(url, login)) }
  })
  const processes = await Promise.all(nodes.map((node) => node.start()))
  const secrets = security === undefined ? [] : ['--tls', '--cacert', security.ca, '-a', security.password]
  const addresses = nodes.map((node) => new URL(node.url).host)
  runCommand(cli, [...secrets, '--cluster', 'create', ...addresses, '--cluster-replicas', '0', '--cluster-yes'])
  await waitUntilReady(processes, join(directory, 'node-0/log'), async () => {
    for (const node of nodes) {
      const info = await askRedis(node.url, (redis) => redis.cluster('INFO'), login)
      if (!info.includes('cluster_state:ok')) throw new Error('The cluster has not agreed on its slots yet.')
    }
  })
  return { url: (nodes[0] as { url: string }).url, processes, directory, stopSignal: 'SIGTERM', nodes }
}

function securely(port: number, { ca, cert, key, password }: ClusterSecurity): string[] {
  return [
    ...['--port', '0', '--tls-port', String(port), '--tls-cluster', 'yes', '--tls-auth-clients', 'no'],
    ...['--tls-cert-file', cert, '--tls-key-file', key, '--tls-ca-cert-file', ca],
    ...['--requirepass', password, '--masterauth', password],
  ]
}

/** Starts one `redis-server` on the loopback interface that keeps nothing on disk, and waits until it is `ready`. */
export async function startRedisNode(
  directory: string,
  args: readonly string[],
  ready: () => Promise<void>,
): Promise<ProcessHandle> {
  const command = redisServer()
  mkdirSync(directory, { recursive: true })
  const logFile = join(directory, 'log')
  const base = ['--bind', '127.0.0.1', '--save', '', '--appendonly', 'no', '--dir', directory]
  const process = await startProcess({ command, args: [...base, ...args], cwd: directory, logFile })
  await waitUntilReady([process], logFile, ready)
  return process
}

function redisServer(): string {
  const command = findCommand('redis-server')
  if (!command) throw new Unavailable('no `redis-server` (Debian package `redis-server`)')
  return command
}

/** Asks one question on a connection of its own; `url` may be the path of a socket. */
export async function askRedis<T>(
  url: string,
  question: (redis: Redis) => Promise<T>,
  options: { username?: string; password?: string; tls?: { ca: Buffer } } = {},
): Promise<T> {
  const redis = new Redis(url, { lazyConnect: true, retryStrategy: () => null, connectTimeout: 2000, ...options })
  redis.on('error', () => {})
  try {
    await redis.connect()
    return await question(redis)
  } finally {
    redis.disconnect()
  }
}

async function answers(url: string, login: Parameters<typeof askRedis>[2] = {}): Promise<void> {
  await askRedis(url, (redis) => redis.ping(), login)
}
