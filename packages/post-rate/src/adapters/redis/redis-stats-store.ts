import type { ChainableCommander, Redis } from 'ioredis'
import { parsePostId } from '../../domain/ids.ts'
import type { PostStats } from '../../domain/post-stats.ts'
import { invalidInput } from '../../errors.ts'
import type { ApplyOutcome, MarkToSet, ReadOptions, StatsRead, StatsStore, StoreMark } from '../../ports/stats-store.ts'
import { withDeadline } from '../deadline.ts'
import { gateScript, tombstoneMs } from './gate.ts'
import { connected, isCluster, type RedisClient, type RedisClients } from './redis-client.ts'
import { isWrongType, type KeyCommand, type Reply, sendCommands, unwrap } from './redis-commands.ts'
import { redisUnavailable } from './redis-error.ts'
import { claimScript, commonSource, holdScript, lowestWatermark, marksBeside, readMark } from './redis-mark.ts'
import { sameOf, sameQuestions, sameScript } from './same-copies.ts'
import { decodeHash, encodeHash } from './stats-hash.ts'

export interface RedisStatsStoreOptions {
  /** Before every key, without braces. */
  prefix: string
  /** Longest time a read may take, in milliseconds. Default 150: readers then still have PostgreSQL's answer within 300. */
  readTimeoutMs?: number
  /** Longest time a batch of writes may take, in milliseconds. Default 10,000. */
  writeTimeoutMs?: number
}

type GateCommander = ChainableCommander & { postRateGate(key: string, ...values: string[]): void }

/** The copies in Redis: one hash per post under `PREFIX{ID}`, set by a script that takes newer versions only. */
export class RedisStatsStore implements StatsStore {
  readonly keeps = true
  readonly #clients: RedisClients
  readonly #prefix: string
  readonly #readTimeoutMs: number
  readonly #writeTimeoutMs: number

  /** @throws PostRateError INVALID_INPUT for a prefix that cannot be part of a key */
  constructor(clients: RedisClients, options: RedisStatsStoreOptions) {
    this.#clients = clients
    this.#prefix = checkPrefix(options.prefix, clients.writer)
    this.#readTimeoutMs = options.readTimeoutMs ?? 150
    this.#writeTimeoutMs = options.writeTimeoutMs ?? 10_000
    const written = { postRateGate: gateScript, postRateHold: holdScript, postRateClaim: claimScript }
    for (const [name, lua] of Object.entries(written)) clients.writer.defineCommand(name, { lua, numberOfKeys: 1 })
    for (const client of new Set([clients.reader, clients.writer]))
      client.defineCommand('postRateSame', { lua: sameScript })
  }

  read(
    ids: readonly number[],
    { patient = false, known = [], onlyKnown = false }: ReadOptions = {},
  ): Promise<StatsRead> {
    const [from, timeoutMs] = patient
      ? [this.#clients.writer, this.#writeTimeoutMs]
      : [this.#clients.reader, this.#readTimeoutMs]
    return this.#run(from, timeoutMs, 'reading', async (client) => {
      const wanted = [...new Set(ids)]
      const marks = marksBeside(
        client,
        this.#prefix,
        wanted.map((id) => this.#key(id)),
      )
      const questions = known.length > 0 ? sameQuestions(client, known, (id) => this.#key(id)) : []
      const replies = await sendCommands(client, [
        // First the marks: what they promise of a state must be true of the state that is read after them.
        ...marks.map(
          (key): KeyCommand => ({
            key,
            add: (pipeline) => pipeline.call('HMGET', key, 'watermark', 'source'),
          }),
        ),
        ...(known.length > 0 ? questions.map(({ command }) => command) : this.#hashes(wanted)),
      ])
      const states = new Map<number, PostStats>()
      const same = questions.flatMap(({ states }, at) => sameOf(states, replies[marks.length + at]))
      for (const stats of same) states.set(stats.postId, stats)
      const rest = onlyKnown ? [] : wanted.filter((id) => !states.has(id))
      const hashes = known.length > 0 ? await sendCommands(client, this.#hashes(rest)) : replies.slice(marks.length)
      rest.forEach((id, at) => {
        const stats = stateOf(id, hashes[at])
        if (stats !== null) states.set(id, stats)
      })
      const found = replies
        .slice(0, marks.length)
        .map((reply) => (isWrongType(reply) ? [null, null] : (unwrap(reply) as (string | null)[])))
      return {
        states,
        watermark: lowestWatermark(found.map(([watermark]) => watermark)),
        source: commonSource(found.map(([, source]) => source)),
      }
    })
  }

  async apply(
    states: readonly PostStats[],
    { trusted, ceiling }: { trusted: boolean; ceiling: number },
  ): Promise<ApplyOutcome[]> {
    const outcomes = states.map((): ApplyOutcome => 'unknown')
    // Nobody vouches for a version that the record cannot have given.
    const possible = states.flatMap((stats, index) => (trusted || stats.version < ceiling ? [{ stats, index }] : []))
    if (possible.length === 0) return outcomes
    const commands = possible.map(({ stats }): KeyCommand => {
      const flags = [trusted ? '1' : '0', String(ceiling), stats.deleted ? '1' : '0', String(tombstoneMs)]
      const key = this.#key(stats.postId)
      const values = [...flags, ...encodeHash(stats)]
      return { key, add: (pipeline) => (pipeline as GateCommander).postRateGate(key, ...values) }
    })
    const replies = await this.#write((client) => sendCommands(client, commands))
    possible.forEach(({ index }, at) => {
      outcomes[index] = this.#unwrap(replies[at]) as ApplyOutcome
    })
    return outcomes
  }

  async *ids(): AsyncIterable<number[]> {
    const pattern = `${escapeGlob(keyPrefixOf(this.#clients.writer) + this.#prefix)}{*}`
    const nodes = await this.#write(async (client) => (isCluster(client) ? client.nodes('master') : [client]))
    for (const node of nodes) {
      let cursor = '0'
      do {
        const scan = () => (node as Redis).call('SCAN', cursor, 'MATCH', pattern, 'COUNT', '1000')
        const [next, keys] = (await this.#write(scan)) as [string, string[]]
        cursor = next
        yield keys.flatMap((key) => this.#idOf(key) ?? [])
      } while (cursor !== '0')
    }
  }

  async remove(ids: readonly number[]): Promise<void> {
    const commands = ids.map((id): KeyCommand => {
      const key = this.#key(id)
      return { key, add: (pipeline) => pipeline.call('UNLINK', key) }
    })
    const replies = await this.#write((client) => sendCommands(client, commands))
    for (const reply of replies) this.#unwrap(reply)
  }

  mark(set?: MarkToSet): Promise<StoreMark> {
    return this.#write((client) => readMark(client, this.#prefix, set))
  }

  #hashes(ids: readonly number[]): KeyCommand[] {
    return ids.map((id) => {
      const key = this.#key(id)
      return { key, add: (pipeline) => pipeline.call('HGETALL', key) }
    })
  }

  #key(postId: number): string {
    return `${this.#prefix}{${postId}}`
  }

  #idOf(key: string): number | null {
    const start = keyPrefixOf(this.#clients.writer) + this.#prefix
    return key.startsWith(`${start}{`) && key.endsWith('}') ? parsePostId(key.slice(start.length + 1, -1)) : null
  }

  #write<T>(work: (client: RedisClient) => Promise<T>): Promise<T> {
    return this.#run(this.#clients.writer, this.#writeTimeoutMs, 'writing', work)
  }

  async #run<T>(client: RedisClient, ms: number, what: string, work: (client: RedisClient) => Promise<T>): Promise<T> {
    try {
      return await withDeadline(
        connected(client).then(() => work(client)),
        ms,
        what,
      )
    } catch (error) {
      throw redisUnavailable(this.#clients.target, error)
    }
  }

  #unwrap(reply: Reply | undefined): unknown {
    try {
      return unwrap(reply)
    } catch (error) {
      throw redisUnavailable(this.#clients.target, error)
    }
  }
}

/** Damaged counts as missing; an error that is not about the key is the server's. */
function stateOf(postId: number, reply: Reply | undefined): PostStats | null {
  return isWrongType(reply) ? null : decodeHash(postId, fieldsOf(unwrap(reply)))
}

/** What HGETALL answers: names and values in turn, or a map where a host's client speaks a later protocol. */
function fieldsOf(reply: unknown): Record<string, string> {
  if (reply instanceof Map) return Object.fromEntries(reply)
  if (!Array.isArray(reply)) return reply as Record<string, string>
  const fields: Record<string, string> = {}
  for (let n = 0; n + 1 < reply.length; n += 2) fields[reply[n]] = reply[n + 1]
  return fields
}

function checkPrefix(prefix: string, client: RedisClient): string {
  const whole = keyPrefixOf(client) + prefix
  if (prefix === '' || prefix.length > 100 || /[{}\p{Cc}]/u.test(whole) || !whole.isWellFormed())
    throw invalidInput('redisPrefix', 'must have 1 to 100 characters, without braces and control characters')
  return prefix
}

/** A host's client may put a prefix of its own before every key; SCAN alone knows nothing of it. */
function keyPrefixOf(client: RedisClient): string {
  return client.options.keyPrefix ?? ''
}

function escapeGlob(text: string): string {
  return text.replace(/[\\*?[\]^-]/g, '\\$&')
}
