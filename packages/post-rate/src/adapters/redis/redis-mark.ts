import { createHash, randomUUID } from 'node:crypto'
import type { ChainableCommander, Cluster, Redis } from 'ioredis'
import type { MarkToSet, StoreMark } from '../../ports/stats-store.ts'
import { isCluster, type RedisClient } from './redis-client.ts'
import { isWrongType, type KeyCommand, nodeOf, type Reply, sendCommands, unwrap } from './redis-commands.ts'

/** The marks' keys by node, as they were when the slots were last looked through: that takes a millisecond or two. */
const lastMarks = new WeakMap<RedisClient, Map<string, string>>()

/**
 * The keys of the store's mark: `PREFIX` + `mark`, a hash of a random `identity`, the `watermark`, the deployment's `source` and
 * its hold. In a Cluster every master has one of its own (`mark:{n}`), since each can be lost alone. Those are looked for
 * anew unless each still is where it was and all of `nodes` are among them.
 */
export function markKeys(client: RedisClient, prefix: string, nodes?: ReadonlySet<string>): Map<string, string> {
  if (!isCluster(client)) return new Map([['', `${prefix}mark`]])
  const last = nodes === undefined ? undefined : lastMarks.get(client)
  const found = last !== undefined && holds(client, last, nodes) ? last : lookThrough(client)
  lastMarks.set(client, found)
  return new Map([...found].map(([node, tag]) => [node, `${prefix}mark:${tag}`]))
}

function holds(client: RedisClient, marks: Map<string, string>, nodes: ReadonlySet<string> | undefined): boolean {
  if (nodes !== undefined && ![...nodes].every((node) => marks.has(node))) return false
  return [...marks].every(([node, tag]) => nodeOf(client, tag) === node)
}

/** By node, a hash tag that it serves. */
function lookThrough(client: Cluster): Map<string, string> {
  const nodes = new Set(client.slots.map((slot) => slot.join(';')))
  const tags = new Map<string, string>()
  for (let n = 0; tags.size < nodes.size && n < 16_384; n++) {
    const node = nodeOf(client, `{${n}}`)
    if (nodes.has(node) && !tags.has(node)) tags.set(node, `{${n}}`)
  }
  return tags
}

/** The marks of the nodes that serve `keys`, to be read together with them. */
export function marksBeside(client: RedisClient, prefix: string, keys: readonly string[]): string[] {
  const nodes = new Set(keys.map((key) => nodeOf(client, key)))
  const marks = markKeys(client, prefix, nodes)
  return [...nodes].flatMap((node) => marks.get(node) ?? [])
}

/** A watermark holds where every node has one; then the lowest. */
export function lowestWatermark(values: readonly unknown[]): number | null {
  const watermarks = values.map((value) =>
    typeof value === 'string' && /^[1-9][0-9]{0,15}$/.test(value) ? Number(value) : null,
  )
  if (watermarks.length === 0 || watermarks.includes(null)) return null
  return Math.min(...(watermarks as number[]))
}

/** The deployment that all nodes name; where they name several, no deployment's name. */
export function commonSource(values: readonly unknown[]): string | null {
  const named = new Set(values.filter((value) => typeof value === 'string' && value !== ''))
  return named.size === 0 ? null : [...named].join(' and ')
}

/**
 * Takes or renews the hold of ARGV[1] for ARGV[2] milliseconds, in the mark itself. Answers who has it. Time is Redis' own, or
 * ARGV[3] where the user may not ask for it; a hold that is far ahead is of a clock that was set back.
 */
export const holdScript = `
local time = redis.pcall('TIME')
local now = time.err and tonumber(ARGV[3]) or time[1] * 1000 + math.floor(time[2] / 1000)
local mark = redis.pcall('HMGET', KEYS[1], 'holder', 'heldUntil')
if mark.err then
  redis.call('DEL', KEYS[1])
  mark = {}
end
local left = (tonumber(mark[2] or 0) or 0) - now
if mark[1] and mark[1] ~= ARGV[1] and left > 0 and left < 10 * tonumber(ARGV[2]) then return mark[1] end
redis.call('HSET', KEYS[1], 'holder', ARGV[1], 'heldUntil', string.format('%.0f', now + ARGV[2]))
return ARGV[1]
`

/** Gives one mark the source ARGV[1], or ARGV[2] where it has that of another deployment. */
export const claimScript = `
local source = redis.pcall('HGET', KEYS[1], 'source')
if type(source) == 'table' then
  redis.call('DEL', KEYS[1])
  source = false
end
if not source or source == '' then redis.call('HSET', KEYS[1], 'source', ARGV[1])
elseif source ~= ARGV[1] and source ~= ARGV[2] then
  redis.call('HSET', KEYS[1], 'source', ARGV[2], 'watermark', '')
end
`

type HoldCommander = ChainableCommander & {
  postRateHold(key: string, source: string, ms: string, now: string): void
  postRateClaim(key: string, source: string, taken: string): void
}

/** The source of a mark that a deployment has taken from another one, before all of its states are there. */
export function takenBy(source: string): string {
  return `taken by ${source}`
}

/** Reads the mark; with `set`, sets it first on every node. */
export async function readMark(client: RedisClient, prefix: string, set?: MarkToSet): Promise<StoreMark> {
  const keys = [...markKeys(client, prefix).values()]
  if (set?.holdMs === undefined) return setAndRead(client, keys, set)
  const holder = await hold(client, keys, set.source, set.holdMs)
  return { ...(await setAndRead(client, keys, holder === set.source ? set : undefined)), holder }
}

/** The hold is in the first mark: of a Cluster that of the node which serves `{0}`, whoever looks at it. */
async function hold(client: RedisClient, keys: readonly string[], source: string, ms: number): Promise<string> {
  const key = keys[0] as string
  const add = (pipeline: ChainableCommander) =>
    (pipeline as HoldCommander).postRateHold(key, source, String(ms), String(Date.now()))
  const holder = unwrap((await sendCommands(client, [{ key, add }]))[0]) as string
  if (holder !== source) return holder
  const claims = keys.map((mark): KeyCommand => {
    return { key: mark, add: (pipeline) => (pipeline as HoldCommander).postRateClaim(mark, source, takenBy(source)) }
  })
  for (const reply of await sendCommands(client, claims)) unwrap(reply)
  return holder
}

async function setAndRead(client: RedisClient, keys: string[], set?: MarkToSet): Promise<StoreMark> {
  if (set?.watermark !== undefined) await setMark(client, keys, set.watermark, set.source)
  const [replies, servers] = await Promise.all([sendCommands(client, keys.map(readCommand)), runIds(client)])
  const marks = replies.map((reply) => (isWrongType(reply) ? [null, null, null] : (unwrap(reply) as (string | null)[])))
  const identities = marks.map(([identity]) => identity)
  const whole = identities.length > 0 && identities.every((identity) => identity)
  return {
    identity: whole ? digest([...identities, ...servers]) : null,
    watermark: whole ? lowestWatermark(marks.map(([, value]) => value)) : null,
    source: commonSource(marks.map(([, , value]) => value)),
  }
}

async function setMark(client: RedisClient, keys: string[], watermark: number, source: string): Promise<void> {
  const set = (key: string): KeyCommand[] => [
    { key, add: (pipeline) => pipeline.call('HSETNX', key, 'identity', randomUUID()) },
    {
      key,
      add: (pipeline) => pipeline.call('HSET', key, 'watermark', String(Math.floor(watermark)), 'source', source),
    },
  ]
  const failed = (replies: Reply[]) => replies.some(isWrongType)
  let replies = await sendCommands(client, keys.flatMap(set))
  if (failed(replies)) {
    await sendCommands(
      client,
      keys.map((key) => ({ key, add: (pipeline) => pipeline.call('UNLINK', key) })),
    )
    replies = await sendCommands(client, keys.flatMap(set))
  }
  replies.forEach(unwrap)
}

function readCommand(key: string): KeyCommand {
  return { key, add: (pipeline) => pipeline.call('HMGET', key, 'identity', 'watermark', 'source') }
}

/** The masters' run ids: they change with a restart and with a promoted replica. Empty where INFO is not allowed. */
async function runIds(client: RedisClient): Promise<string[]> {
  const nodes: Redis[] = isCluster(client) ? client.nodes('master') : [client]
  const ids = await Promise.all(
    nodes.map(async (node) => {
      try {
        return /^run_id:(\w+)/m.exec(String(await node.call('INFO', 'server')))?.[1] ?? ''
      } catch (error) {
        if (error instanceof Error && /^(?:NOPERM|ERR unknown command)/.test(error.message)) return ''
        throw error
      }
    }),
  )
  return ids.sort()
}

function digest(parts: unknown[]): string {
  return createHash('sha256').update(JSON.stringify(parts)).digest('hex').slice(0, 32)
}
