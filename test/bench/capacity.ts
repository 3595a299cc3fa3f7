import { readdirSync, readFileSync, statSync } from 'node:fs'
import { join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import type { Server } from '../helpers/services/server.ts'
import { Bench } from './bench.ts'
import { deploy } from './deployment.ts'
import { digits } from './report.ts'
import { wrk } from './wrk.ts'

const parts = ['API', 'PostgreSQL', 'relay', 'Kafka', 'consumer', 'Redis'] as const
type Part = (typeof parts)[number]
type Cpu = Record<Part, number>

interface Size {
  name: string
  posts: number
  users: number
  connections: number
  seconds: number
}

/** The model is made from the first and has to foretell the second. */
const sizes: readonly [Size, Size] = [
  { name: 'small', posts: 2_000, users: 20_000, connections: 64, seconds: 20 },
  { name: 'large', posts: 20_000, users: 200_000, connections: 64, seconds: 30 },
]

/** What one phase used, of seconds of processor time and of bytes. */
interface Used {
  operations: number
  seconds: number
  cpu: Cpu
  wal: number
  network: number
  kafka: number
}

interface Measured {
  idle: Used
  rating: Used
  listing: Used
  /** Bytes at rest. */
  atRest: { redisPerPost: number; postgresPerPost: number; postgresPerRating: number }
}

const bench = new Bench({ runs: 1, scale: 1, log: (line) => console.error(line) })
process.once('SIGINT', () => void bench.close().finally(() => process.exit(130)))
try {
  const [first, second] = [await measure(sizes[0]), await measure(sizes[1])]
  console.log(costs(first))
  console.log(foretold(first, second))
} finally {
  await bench.close()
}

async function measure({ name, posts, users, connections, seconds }: Size): Promise<Measured> {
  console.error(`${name}: ${digits(posts)} posts, ${connections} connections, ${seconds} s`)
  const redisUrl = await bench.redis()
  const empty = await memoryOf(redisUrl)
  const deployment = await deploy(bench, `capacity-${name}`, posts)
  const { database, redis, topic } = deployment
  const atRest = await restOf(database, redis, posts, empty)
  const [relay, consumer] = [await deployment.relay(), await deployment.consumer()]
  const api = await bench.program('api-server', { database, redis })
  const url = `http://127.0.0.1:${await api.ask<number>({ what: 'port' })}`
  const servers = {
    postgres: await bench.server('postgres'),
    redis: await bench.server('redis'),
    kafka: await bench.server('kafka'),
  }
  const cpu = (): Cpu => ({
    API: cpuOf(api.pid),
    PostgreSQL: cpuOfServer(servers.postgres),
    relay: cpuOf(relay.pid),
    Kafka: cpuOfServer(servers.kafka),
    consumer: cpuOf(consumer.pid),
    Redis: cpuOfServer(servers.redis),
  })
  const look = async () => {
    const [row] = await bench.sql<{ wal: string; events: string }>(
      database,
      `select pg_current_wal_insert_lsn() - '0/0' as wal, coalesce(sum(events), 0) as events from post_rate.relay_progress`,
    )
    return {
      at: performance.now(),
      cpu: cpu(),
      wal: Number(row?.wal),
      events: Number(row?.events),
      network: loopbackBytes(),
      kafka: logBytes(servers.kafka.directory, topic),
    }
  }
  const phase = async (work: () => Promise<number | undefined>): Promise<Used> => {
    const before = await look()
    const done = await work()
    const after = await look()
    const of = (figure: 'wal' | 'network' | 'kafka') => after[figure] - before[figure]
    return {
      operations: done ?? after.events - before.events,
      seconds: (after.at - before.at) / 1000,
      cpu: Object.fromEntries(parts.map((part) => [part, after.cpu[part] - before.cpu[part]])) as Cpu,
      ...{ wal: of('wal'), network: of('network'), kafka: of('kafka') },
    }
  }
  await deployment.settled()
  const load = { connections, seconds }
  // So that just-in-time compilers, which are done once, are not in the costs of what is done for ever.
  await wrk(bench, url, { ...load, seconds: 12, script: rating(posts, users) })
  await wrk(bench, url, { ...load, seconds: 4, script: listing(users) })
  await deployment.steady()
  const idle = await phase(async () => {
    await sleep(10_000)
    return 0
  })
  const rated = await phase(async () => {
    await wrk(bench, url, { ...load, script: rating(posts, users) })
    await deployment.settled()
    return undefined
  })
  await sleep(3_000)
  const listed = await phase(async () => {
    const { perSecond } = await wrk(bench, url, { ...load, script: listing(users) })
    return perSecond * seconds
  })
  for (const program of [api, relay, consumer]) await program.stop()
  await deployment.drop()
  return { idle, rating: rated, listing: listed, atRest }
}

/** CPU of a phase beyond what the same time costs an idle system, for each operation, in microseconds. */
function perOperation({ idle }: Measured, used: Used, part: Part): number {
  return ((used.cpu[part] - (idle.cpu[part] / idle.seconds) * used.seconds) / used.operations) * 1e6
}

function costs(measured: Measured): string {
  const { idle, rating, listing, atRest } = measured
  const bytes = (used: Used, figure: 'wal' | 'network' | 'kafka') => digits(used[figure] / used.operations)
  return [
    '| | idle, % of a core | µs of a core per rating | µs of a core per list |',
    '|---|---|---|---|',
    ...parts.map(
      (part) =>
        `| ${part} | ${digits((idle.cpu[part] / idle.seconds) * 100)} | ${digits(perOperation(measured, rating, part))} | ${digits(Math.max(0, perOperation(measured, listing, part)))} |`,
    ),
    '',
    '| bytes | |',
    '|---|---|',
    `| WAL per rating | ${bytes(rating, 'wal')} |`,
    `| Kafka per rating, on one replica | ${bytes(rating, 'kafka')} |`,
    `| network per rating, all hops together | ${bytes(rating, 'network')} |`,
    `| network per list of 20, all hops together | ${bytes(listing, 'network')} |`,
    `| Redis per post | ${digits(atRest.redisPerPost)} |`,
    `| PostgreSQL at rest per rating, with its index | ${digits(atRest.postgresPerRating)} |`,
    `| PostgreSQL at rest per post and its state, with their indexes | ${digits(atRest.postgresPerPost)} |`,
    '',
  ].join('\n')
}

/** What the first size says of the second, beside what was measured there. */
function foretold(first: Measured, second: Measured): string {
  const line = (what: string, model: number, found: number) =>
    `| ${what} | ${digits(model)} | ${digits(found)} | ${digits(found / model)} |`
  const seconds = (kind: 'rating' | 'listing', part: Part) => {
    const used = second[kind]
    // Grows with the posts, which are compared all the time, and not with what is done.
    const idle = (second.idle.cpu[part] / second.idle.seconds) * used.seconds
    const model = idle + (perOperation(first, first[kind], part) * used.operations) / 1e6
    return line(`${kind}: ${part}, s`, Math.max(0.01, model), used.cpu[part])
  }
  const bytes = (kind: 'rating' | 'listing', figure: 'wal' | 'network' | 'kafka') => {
    const model = (first[kind][figure] / first[kind].operations) * second[kind].operations
    return line(`${kind}: ${figure}, MB`, model / 1e6, second[kind][figure] / 1e6)
  }
  return [
    `${digits(second.rating.operations)} ratings in ${digits(second.rating.seconds)} s, ${digits(second.listing.operations)} lists in ${digits(second.listing.seconds)} s`,
    '',
    '| large size | foretold | measured | measured / foretold |',
    '|---|---|---|---|',
    ...parts.map((part) => seconds('rating', part)),
    ...(['wal', 'network', 'kafka'] as const).map((figure) => bytes('rating', figure)),
    ...(['API', 'PostgreSQL', 'Redis'] as const).map((part) => seconds('listing', part)),
    bytes('listing', 'network'),
    line('Redis per post, bytes', first.atRest.redisPerPost, second.atRest.redisPerPost),
    line('PostgreSQL per rating, bytes', first.atRest.postgresPerRating, second.atRest.postgresPerRating),
    line('PostgreSQL per post, bytes', first.atRest.postgresPerPost, second.atRest.postgresPerPost),
  ].join('\n')
}

async function restOf(database: string, redis: string, posts: number, empty: number): Promise<Measured['atRest']> {
  const [row] = await bench.sql<{ ratings: string; posts: string; n: string }>(
    database,
    `select pg_total_relation_size('post_rate.ratings') as ratings, (select count(*) from post_rate.ratings) as n,
  pg_total_relation_size('post_rate.posts') + pg_total_relation_size('post_rate.post_stats') as posts`,
  )
  return {
    redisPerPost: ((await memoryOf(redis)) - empty) / posts,
    postgresPerPost: Number(row?.posts) / posts,
    postgresPerRating: Number(row?.ratings) / Number(row?.n),
  }
}

async function memoryOf(redis: string): Promise<number> {
  const info = await bench.onRedis(redis, (client) => client.info('memory'))
  return Number(/used_memory_dataset:(\d+)/.exec(info)?.[1]) + Number(/used_memory_overhead:(\d+)/.exec(info)?.[1])
}

function cpuOfServer({ processes }: Server): number {
  return processes.reduce((sum, { pid }) => sum + cpuOf(pid), 0)
}

/** Seconds of a process and of those that it started, also of those that have ended. */
function cpuOf(pid: number): number {
  try {
    const stat = readFileSync(`/proc/${pid}/stat`, 'utf8')
    const fields = stat.slice(stat.lastIndexOf(')') + 2).split(' ')
    const ticks = [11, 12, 13, 14].reduce((sum, field) => sum + Number(fields[field]), 0)
    const children = readFileSync(`/proc/${pid}/task/${pid}/children`, 'utf8').trim().split(' ').filter(Boolean)
    return children.reduce((sum, child) => sum + cpuOf(Number(child)), ticks / 100)
  } catch {
    // It ended this moment.
    return 0
  }
}

/** Everything here talks through the loopback interface, and each byte is received once. */
function loopbackBytes(): number {
  const line = readFileSync('/proc/net/dev', 'utf8')
    .split('\n')
    .find((text) => text.trim().startsWith('lo:'))
  return Number(line?.trim().split(/[\s:]+/)[1])
}

/** The topic's segments on disk. */
function logBytes(directory: string, topic: string): number {
  return readdirSync(directory, { recursive: true, encoding: 'utf8' })
    .filter((path) => path.endsWith('.log') && path.includes(`${topic}-`))
    .reduce((sum, path) => sum + statSync(join(directory, path)).size, 0)
}

function rating(posts: number, users: number): string {
  return `
wrk.headers['content-type'] = 'application/json'
request = function()
  wrk.headers['x-user'] = 'u' .. math.random(0, ${users - 1})
  return wrk.format('PUT', '/posts/' .. math.random(1, ${posts}) .. '/rating', nil, '{"score":' .. math.random(0, 5) .. '}')
end
`
}

function listing(users: number): string {
  return `
request = function()
  wrk.headers['x-user'] = 'u' .. math.random(0, ${users - 1})
  return wrk.format('GET', '/posts?limit=20')
end
`
}
