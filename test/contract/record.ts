import { setTimeout as sleep } from 'node:timers/promises'
import type { ExecutionContext } from 'ava'
import { memoryPorts } from '../../packages/post-rate/src/adapters/memory/memory-ports.ts'
import { MemoryRecord } from '../../packages/post-rate/src/adapters/memory/memory-record.ts'
import { createContainer, partOf } from '../../packages/post-rate/src/container.ts'
import type { Rating } from '../../packages/post-rate/src/domain/rating.ts'
import type { RatingChange } from '../../packages/post-rate/src/domain/rating-change.ts'
import { type DisplaySettings, defaultDisplaySettings } from '../../packages/post-rate/src/domain/settings.ts'
import { showStats } from '../../packages/post-rate/src/domain/shown-stats.ts'
import type { Suspect } from '../../packages/post-rate/src/ports/audit-store.ts'
import type { Shard } from '../../packages/post-rate/src/ports/outbox.ts'
import type { Ports } from '../../packages/post-rate/src/ports/ports.ts'
import { foldBatch } from '../../packages/post-rate/src/services/relay-outbox.ts'
import { cleanUp } from '../helpers/clean-up.ts'
import type { Declare } from '../helpers/requires.ts'
import { runSql, testDatabase } from '../helpers/test-database.ts'

export type RecordPorts = Pick<
  Ports,
  | 'ratingStore'
  | 'postStore'
  | 'recordReader'
  | 'historyReader'
  | 'outbox'
  | 'leaseStore'
  | 'stateStore'
  | 'auditStore'
  | 'auditLog'
  | 'rebuildStore'
  | 'moderationStore'
  | 'userExclusionStore'
  | 'guardStore'
  | 'incidentStore'
  | 'incidentEvents'
  | 'quarantineStore'
  | 'settingsStore'
>

/** A record of one test's own, seen by one client of it. */
export interface TestRecord extends RecordPorts {
  /** The same record, seen by another process. */
  another(): RecordPorts
  /** Lets the record's clock run on. */
  wait(ms: number): Promise<void>
}

export interface PostgresTestRecord extends TestRecord {
  url: string
  sql<Row extends object>(text: string, values?: unknown[]): Promise<Row[]>
}

export interface RecordOptions {
  posts?: 'own' | 'external'
  settings?: Partial<DisplaySettings>
}

export type CreateRecord<R extends TestRecord = TestRecord> = (
  t: ExecutionContext<unknown>,
  options?: RecordOptions,
) => Promise<R>

/** The window is a day long unless a test asks for another, so that none ends in the middle of a test. */
const quietSettings: DisplaySettings = { ...defaultDisplaySettings, windowSeconds: 86_400 }

export const onMemory: CreateRecord = async (_t, { posts = 'own', settings = {} } = {}) => {
  let now = Date.now()
  const record = new MemoryRecord({
    posts,
    settings: { ...quietSettings, ...settings },
    clock: { now: () => now },
  })
  const wait = async (ms: number) => {
    now += ms
  }
  return { ...memoryPorts(record), another: () => memoryPorts(record), wait }
}

export const onPostgres: CreateRecord<PostgresTestRecord> = async (t, { posts = 'own', settings = {} } = {}) => {
  const url = await testDatabase(t, { migrated: posts === 'own' })
  const another = () => connect(t, url)
  const ports = another()
  if (posts === 'external') await ports.schema.migrate({ posts })
  const { display, windowSeconds, prior } = { ...quietSettings, ...settings }
  const sql: PostgresTestRecord['sql'] = (text, values) => runSql(url, text, values)
  await sql('update post_rate.settings set display = $1, window_seconds = $2, prior_weight = $3, prior_mean = $4', [
    display,
    windowSeconds,
    prior.weight,
    prior.mean,
  ])
  return { ...ports, url, sql, another, wait: (ms) => sleep(ms) }
}

function connect(t: ExecutionContext<unknown>, url: string) {
  const container = createContainer({ database: url, poolSize: 4 })
  cleanUp(t, async () => {
    await partOf(container, 'database').close()
  })
  return {
    ratingStore: partOf(container, 'ratingStore'),
    postStore: partOf(container, 'postStore'),
    recordReader: partOf(container, 'recordReader'),
    historyReader: partOf(container, 'historyReader'),
    outbox: partOf(container, 'outbox'),
    leaseStore: partOf(container, 'leaseStore'),
    stateStore: partOf(container, 'stateStore'),
    auditStore: partOf(container, 'auditStore'),
    auditLog: partOf(container, 'auditLog'),
    rebuildStore: partOf(container, 'rebuildStore'),
    moderationStore: partOf(container, 'moderationStore'),
    userExclusionStore: partOf(container, 'userExclusionStore'),
    guardStore: partOf(container, 'guardStore'),
    incidentStore: partOf(container, 'incidentStore'),
    incidentEvents: partOf(container, 'incidentEvents'),
    quarantineStore: partOf(container, 'quarantineStore'),
    settingsStore: partOf(container, 'settingsStore'),
    schema: partOf(container, 'schema'),
  }
}

export type Cases = Record<string, (t: ExecutionContext<unknown>, create: CreateRecord) => Promise<void>>

/**
 * Declares a suite's cases for one subject. `off` names the cases that the subject cannot show, each with the reason;
 * a name that no case has is an error, so that a renamed case is not lost from sight.
 */
export function declare(
  subject: string,
  test: Declare,
  cases: Cases,
  create: CreateRecord,
  off: Record<string, string> = {},
): void {
  for (const title of Object.keys(off)) if (!(title in cases)) throw new Error(`There is no case "${title}"`)
  for (const [title, run] of Object.entries(cases))
    if (!(title in off)) test(`${subject}: ${title}`, (t) => run(t, create))
}

export const wholeShard: Shard = { index: 0, count: 1 }

/** Posts with the ids 1 to `n`. */
export async function addPosts({ postStore }: RecordPorts, n: number): Promise<number[]> {
  const ids: number[] = []
  for (let i = 1; i <= n; i++)
    ids.push((await postStore.create({ title: `Post ${i}`, content: 'Text.', createdBy: 'author' })).id)
  return ids
}

/** Ratings of 3 by `n` users, one after the other. */
export async function rateMany({ ratingStore }: RecordPorts, postId: number, n: number, user = 'user'): Promise<void> {
  const ratings: Rating[] = Array.from({ length: n }, (_, i) => ({ postId, userId: `${user}-${i}`, score: 3 }))
  for (const rating of ratings) await ratingStore.rate([rating])
}

/** Folds until nothing is left; resolves to how many events that were. */
export async function foldAll({ outbox }: RecordPorts, shard = wholeShard, limit = 500): Promise<number> {
  for (let events = 0; ; ) {
    const report = await outbox.fold(shard, limit, foldBatch)
    events += report.events
    if (report.drained) return events
  }
}

/** Everything that was folded and not acknowledged yet, acknowledged. */
export async function publishAll({ outbox }: RecordPorts, shard = wholeShard): Promise<RatingChange[]> {
  const published: RatingChange[] = []
  for (;;) {
    const changes = await outbox.unpublished(shard, 500)
    if (changes.length === 0) return published
    published.push(...changes.map(({ message }) => message))
    await outbox.acknowledge(changes.map(({ id }) => id))
  }
}

/** What a change says of a rating: post, user, score before, score after. */
export function told({ kind, postId, userId, previousScore, score }: RatingChange): unknown[] {
  return kind === 'rating' ? [postId, userId, previousScore, score] : [kind, postId]
}

/** Folds and publishes everything; resolves to what was said of ratings and posts, post by post. */
export async function drained(record: RecordPorts): Promise<unknown[][]> {
  await foldAll(record)
  return (await publishAll(record)).sort((a, b) => a.postId - b.postId).map(told)
}

/** The live figures of posts, by id. */
export async function countsOf({ recordReader }: RecordPorts, ids: readonly number[]): Promise<number[][]> {
  const { states } = await recordReader.read([], ids)
  return ids.map((id) => [...(states.find((stats) => stats.postId === id)?.counts ?? [])])
}

/** What the record says of a post. */
export async function stateOf({ recordReader }: RecordPorts, postId: number) {
  return (await recordReader.read([], [postId])).states[0]
}

/** What a reader is shown of a post right now. */
export async function shownNow(t: ExecutionContext<unknown>, record: RecordPorts, postId: number, now: number) {
  const { states, watermark } = await record.recordReader.read([], [postId])
  const { settings } = await record.settingsStore.load()
  const [stats] = states
  if (stats === undefined) throw t.fail(`Post ${postId} has no state`)
  return showStats(stats, settings, { now, watermark })
}

/** What the audit finds wrong. */
export function suspects({ auditStore }: Pick<Ports, 'auditStore'>): Promise<Suspect[]> {
  return auditStore.compare({ after: 0, last: null, posts: 0 })
}
