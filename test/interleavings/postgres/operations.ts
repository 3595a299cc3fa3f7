import { emptyHistogram } from '../../../packages/post-rate/src/domain/histogram.ts'
import { repairCounts } from '../../../packages/post-rate/src/domain/post-stats.ts'
import type { RatingReceipt, Score } from '../../../packages/post-rate/src/domain/rating.ts'
import type { RatingChange } from '../../../packages/post-rate/src/domain/rating-change.ts'
import { isPostRateError } from '../../../packages/post-rate/src/errors.ts'
import type { Shard } from '../../../packages/post-rate/src/ports/outbox.ts'
import { foldBatch } from '../../../packages/post-rate/src/services/relay-outbox.ts'
import type { Process } from './world.ts'

/** What the sessions of a run were told, for the judge. */
export interface Told {
  receipts: RatingReceipt[]
  /** What was published. */
  topic: RatingChange[]
  /** What another session kept from being done, and is done later. */
  unfinished: ((process: Process) => Promise<unknown>)[]
}

/** What a session does. Repeated after a failure that may pass, as the loops and the clients do it. */
export type Operation = (process: Process, told: Told) => Promise<unknown>

const whole: Shard = { index: 0, count: 1 }

/** The post that everything is about. */
export const postId = 1

/** The statement that the documentation gives to hosts. */
const documentedUpsert = `
insert into post_rate.ratings (post_id, user_id, score) values ($1, $2, $3)
on conflict (post_id, user_id) do update set score = excluded.score, rated_at = excluded.rated_at
where ratings.score is distinct from excluded.score`

/** A row that is locked is tried once more; then the client gives up, as after `OVERLOADED`. */
async function unlessLocked<T>(write: () => Promise<(T | 'locked')[]>): Promise<T | undefined> {
  for (let attempt = 1; attempt <= 2; attempt++) {
    const [outcome] = await write()
    if (outcome !== 'locked') return outcome
  }
  return undefined
}

/** Another session holds one of the rows: the administrator is told so, and comes back later. */
function unlessOverloaded(error: unknown): void {
  if (!isPostRateError(error) || error.code !== 'OVERLOADED') throw error
}

const rate =
  (userId: string, score: Score): Operation =>
  async ({ ports }, { receipts }) => {
    const outcome = await unlessLocked(() => ports.ratingStore.rate([{ postId, userId, score }]))
    if (outcome instanceof Error) throw outcome
    if (outcome !== undefined) receipts.push(outcome)
  }

/** In a transaction of the host's own, which stays open between its statements. */
const host =
  (...ratings: [userId: string, score: Score][]): Operation =>
  async ({ pool }) => {
    const client = await pool.connect()
    let failed: Error | undefined
    try {
      await client.query('begin')
      for (const [userId, score] of ratings)
        await client.query({ text: documentedUpsert, values: [postId, userId, score] })
      await client.query('commit')
    } catch (error) {
      failed = error as Error
      // The post is gone: an answer, not a failure.
      if ((error as { code?: string }).code !== '23503') throw error
    } finally {
      await client.release(failed)
    }
  }

const sql =
  (text: string): Operation =>
  ({ pool }) =>
    pool.query(text)

const fold =
  (shard: Shard): Operation =>
  ({ ports }) =>
    ports.outbox.fold(shard, 500, foldBatch)

const settings = {
  ...{ display: 'freeze' as const, windowSeconds: 43_200, prior: { weight: 20, mean: 3 } },
  ...{ starPerDay: 0.1, minCount: 0, relayShards: 2 },
}

/** Everything that was rated so far. */
const everything = { postId, from: Date.UTC(2020), to: Date.UTC(2100) }

/** Where it meets a rating in flight, it is repeated when all sessions have ended. */
const moderateUsers =
  (action: 'exclude' | 'restore'): Operation =>
  async (process, { unfinished }) => {
    const users = ['u1', 'u3']
    const decide = ({ ports: { userExclusionStore } }: Process) =>
      action === 'exclude'
        ? userExclusionStore.exclude(users, { by: 'admin', reason: 'test' })
        : userExclusionStore.restore(users)
    await decide(process).catch((error: unknown) => {
      unlessOverloaded(error)
      unfinished.push(decide)
    })
  }

/** What writers of ratings keep from being settled is settled when all sessions have ended, as the relay does. */
const settle: Operation = async ({ ports }, { unfinished }) => {
  const { left } = await ports.quarantineStore.settle()
  if (left > 0)
    unfinished.push(async (process) => {
      const again = await process.ports.quarantineStore.settle()
      if (again.left > 0) throw new Error('a quarantine cannot be settled')
    })
}

/** As a fold does it. */
export const beginQuarantine = `insert into post_rate.exclusions
  (post_id, starts_at, ends_at, reason, excluded_by, release_at, settled)
select ${postId}, '2020-01-01', '2100-01-01', 'quarantine', 'post-rate', '2100-01-01', false
where not exists (select from post_rate.exclusions where release_at is not null)`

export const operations = {
  rate: rate('u1', 4),
  'first rating': rate('u3', 5),
  'other first rating': rate('u3', 1),
  withdraw: ({ ports }) => unlessLocked(() => ports.ratingStore.withdraw([{ postId, userId: 'u1' }])),
  erase: ({ ports }) => ports.ratingStore.erase('u1').catch(unlessOverloaded),
  host: host(['u3', 2]),
  'host for another user': host(['u5', 2]),
  'host of two': host(['u3', 2], ['u1', 0]),
  import: ({ ports }) =>
    ports.ratingStore.import([{ postId, userId: 'u1', score: 3, ratedAt: Date.now() + 1_000 }], { createPosts: true }),
  rekey: async ({ pool }) => {
    try {
      await pool.query(`update post_rate.ratings set user_id = 'u9' where post_id = ${postId} and user_id = 'u1'`)
    } catch (error) {
      // There is one of that key: an answer, not a failure.
      if ((error as { code?: string }).code !== '23505') throw error
    }
  },
  fold: fold(whole),
  'fold of another shard count': fold({ index: postId % 2, count: 2 }),
  takeover: async (process) => {
    const held = await process.ports.leaseStore.acquire(['relay:0/1'], process.holder, 9)
    if (held.length > 0) await process.ports.outbox.fold(whole, 500, foldBatch)
  },
  publish: async ({ ports }, { topic }) => {
    const changes = await ports.outbox.unpublished(whole, 500)
    topic.push(...changes.map(({ message }) => message))
    await ports.outbox.acknowledge(changes.map(({ id }) => id))
  },
  /** Of what was found, or where nothing was found of what is not known: both ways to a repair. */
  rebuild: async ({ ports: { auditStore } }) => {
    const found = await auditStore.compareOnly([postId])
    const unknown = { postId, version: null, expected: emptyHistogram }
    await auditStore.repair(found.length > 0 ? found : [unknown], repairCounts)
  },
  raise: ({ ports }) => ports.stateStore.raise([postId]),
  'raise the floor': ({ ports }) => ports.stateStore.raiseFloor(2 ** 40),
  settings: ({ ports }) => ports.settingsStore.change(settings, 10),
  exclude: ({ ports }) => ports.moderationStore.exclude(everything, { by: 'admin', reason: 'test' }),
  restore: ({ ports }) => ports.moderationStore.restore(everything, { by: 'admin', reason: 'test' }),
  'exclude users': moderateUsers('exclude'),
  'restore users': moderateUsers('restore'),
  quarantine: async (process, told) => {
    await process.pool.query(beginQuarantine)
    await settle(process, told)
  },
  'end quarantine': async (process, told) => {
    await process.ports.quarantineStore.release(
      { postId, from: Date.UTC(2020), to: null },
      { by: 'admin', reason: 'test' },
    )
    await settle(process, told)
  },
  delete: sql(`delete from post_rate.posts where id = ${postId}`),
  recreate: sql(`insert into post_rate.posts (id, title, content, created_by)
values (${postId}, 'Again', 'Text.', 'author') on conflict do nothing`),
} satisfies Record<string, Operation>

export type OperationName = keyof typeof operations

/** As the relay's loop and a client after a 503 do it. */
export async function persist(operation: Operation, process: Process, told: Told): Promise<void> {
  for (let attempt = 1; ; attempt++) {
    try {
      await operation(process, told)
      return
    } catch (error) {
      if (attempt === 4 || !(mayPass(error) || /terminated unexpectedly/.test(String(error)))) throw error
    }
  }
}

function mayPass(error: unknown): boolean {
  if (isPostRateError(error)) return error.code === 'UNAVAILABLE'
  // Of the statements that do not go through the library.
  const { code } = error as { code?: string }
  return code === '40P01' || code === '40001' || code === '57P01'
}
