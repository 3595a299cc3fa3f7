import calculateSlot from 'cluster-key-slot'
import type { ChainableCommander, Cluster } from 'ioredis'
import { isCluster, type RedisClient } from './redis-client.ts'

/** One command on one key. */
export interface KeyCommand {
  key: string
  /**
   * Adds the command to a pipeline, by `call` and in capitals: what a host sets for all clients of a process
   * (`Redis.Command.setReplyTransformer('hgetall', …)`) is found by the name in small letters.
   */
  add(pipeline: ChainableCommander): void
}

/** A command's reply, or the error that the server gave for it. */
export type Reply = { value: unknown } | { error: Error }

const chunkSize = 500

/**
 * Sends commands in pipelines and resolves to their replies in order. In a Cluster the commands are grouped by the node
 * that serves their key, and the nodes work at the same time; a key that moves meanwhile is followed.
 */
export async function sendCommands(client: RedisClient, commands: readonly KeyCommand[]): Promise<Reply[]> {
  const replies = new Array<Reply>(commands.length)
  const indexes = commands.map((_command, index) => index)
  await sendGroups(client, commands, indexes, replies)
  if (!isCluster(client)) return replies
  const moved = indexes.filter((index) => isMoving(replies[index] as Reply))
  if (moved.length > 0) await Promise.all(moved.map((index) => sendAlone(client, commands, index, replies)))
  return replies
}

/** The value of a reply. @throws the server's error */
export function unwrap(reply: Reply | undefined): unknown {
  if (reply === undefined) throw new Error('no reply')
  if ('error' in reply) throw reply.error
  return reply.value
}

export function isWrongType(reply: Reply | undefined): boolean {
  return reply !== undefined && 'error' in reply && reply.error.message.startsWith('WRONGTYPE')
}

/** Which node serves a key: the same text for keys of the same node. Constant where there is one node. */
export function nodeOf(client: RedisClient, key: string): string {
  if (!isCluster(client)) return ''
  return client.slots[calculateSlot(key)]?.join(';') ?? ''
}

async function sendGroups(
  client: RedisClient,
  commands: readonly KeyCommand[],
  indexes: number[],
  replies: Reply[],
): Promise<void> {
  const groups = new Map<string, number[]>()
  for (const index of indexes) {
    const node = nodeOf(client, (commands[index] as KeyCommand).key)
    const group = groups.get(node)
    if (group === undefined) groups.set(node, [index])
    else group.push(index)
  }
  await Promise.all(
    [...groups.values()].map(async (group) => {
      for (let start = 0; start < group.length; start += chunkSize)
        await sendChunk(client, commands, group.slice(start, start + chunkSize), replies)
    }),
  )
}

async function sendChunk(
  client: RedisClient,
  commands: readonly KeyCommand[],
  indexes: number[],
  replies: Reply[],
): Promise<void> {
  const pipeline = client.pipeline()
  for (const index of indexes) (commands[index] as KeyCommand).add(pipeline)
  let results: [Error | null, unknown][]
  try {
    results = (await pipeline.exec()) ?? []
  } catch (error) {
    if (!isCluster(client) || !isRegrouped(error)) throw error
    results = indexes.map(() => [error as Error, undefined])
  }
  indexes.forEach((index, at) => {
    const [error, value] = results[at] ?? [new Error('no reply')]
    replies[index] = error ? { error } : { value }
  })
}

/** A single command follows redirections by itself; a pipeline does so only when all of it was redirected alike. */
async function sendAlone(cluster: Cluster, commands: readonly KeyCommand[], index: number, replies: Reply[]) {
  const pipeline = cluster.pipeline()
  ;(commands[index] as KeyCommand).add(pipeline)
  const [error, value] = (await pipeline.exec())?.[0] ?? [new Error('no reply')]
  replies[index] = error ? { error } : { value }
}

function isMoving(reply: Reply): boolean {
  return (
    'error' in reply && (/^(?:MOVED|ASK|TRYAGAIN|CLUSTERDOWN) /.test(reply.error.message) || isRegrouped(reply.error))
  )
}

/** The slots changed hands between the grouping and the sending. */
function isRegrouped(error: unknown): boolean {
  return error instanceof Error && error.message.includes('same slots allocation group')
}
