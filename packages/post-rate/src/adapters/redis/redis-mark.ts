import { createHash, randomUUID } from 'node:crypto'
import type { Cluster, Redis } from 'ioredis'
import type { StoreMark } from '../../ports/stats-store.ts'
import { isCluster, type RedisClient } from './redis-client.ts'
import { isWrongType, type KeyCommand, nodeOf, type Reply, sendCommands, unwrap } from './redis-commands.ts'

/** The marks' keys by node, as they were when the slots were last looked through: that takes a millisecond or two. */
const lastMarks = new WeakMap<RedisClient, Map<string, string>>()

/**
 * The keys of the store's mark: `PREFIX` + `mark`, a hash of a random `identity`, the `watermark` and the deployment's
 * `source`. In a Cluster every master has one of its own (`mark:{n}`), since each can be lost alone. Those are looked for
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

/** Reads the mark; with `set`, sets it first on every node. */
export async function readMark(
  client: RedisClient,
  prefix: string,
  set?: { watermark: number; source: string },
): Promise<StoreMark> {
  const keys = [...markKeys(client, prefix).values()]
  if (set !== undefined) await setMark(client, keys, set)
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

async function setMark(
  client: RedisClient,
  keys: string[],
  { watermark, source }: { watermark: number; source: string },
): Promise<void> {
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
