import { setTimeout as sleep } from 'node:timers/promises'
import { keyOf } from './ledger.ts'
import { prefix, type World } from './world.ts'

interface StatsRow {
  post_id: string
  version: string
  counts: string
  displayed_counts: string
  displayed_average: string | null
  as_of: Date
  window_end: Date | null
  step_at: Date | null
  deleted: boolean
}

export interface Verdict {
  /** Acknowledged ratings that are not what is stored (O1). */
  lost: string[]
  /** Everything else that is not as it must be (O2-O4). */
  wrong: string[]
}

/** Compares everything with everything, by plain drivers: ratings with the ledger, states with ratings, Redis with states. */
export async function judge(world: World): Promise<Verdict> {
  const [ratings, stats, outbox] = await readRecord(world)
  const wrong: string[] = []
  if (outbox > 0) wrong.push(`${outbox} rows are left in the outbox`)
  const counts = new Map<number, number[]>()
  for (const [key, score] of ratings) {
    const postId = Number(key.slice(0, key.indexOf(' ')))
    const histogram = counts.get(postId) ?? [0, 0, 0, 0, 0, 0]
    histogram[score] = (histogram[score] ?? 0) + 1
    counts.set(postId, histogram)
  }
  const alive = new Map<number, StatsRow>()
  for (const row of stats) {
    const postId = Number(row.post_id)
    const expected = `{${(counts.get(postId) ?? [0, 0, 0, 0, 0, 0]).join(',')}}`
    counts.delete(postId)
    if (row.counts !== expected) wrong.push(`post ${postId}: ratings ${expected}, post_stats ${row.counts}`)
    if (row.step_at === null && row.displayed_counts !== row.counts)
      wrong.push(`post ${postId}: settled at ${row.counts}, displayed ${row.displayed_counts}`)
    if (Number(row.version) > 0) alive.set(postId, row)
  }
  for (const postId of counts.keys()) wrong.push(`post ${postId}: ratings without a row of post_stats`)
  wrong.push(...(await compareRedis(world, alive)))
  return { lost: world.ledger.compare(ratings), wrong }
}

/** Judges until nothing is wrong any more, or `timeoutMs` are over. */
export async function settled(world: World, timeoutMs: number): Promise<Verdict & { seconds: number }> {
  const began = performance.now()
  for (;;) {
    const verdict = await judge(world).catch((error: unknown) => ({ lost: [], wrong: [`cannot judge: ${error}`] }))
    const seconds = (performance.now() - began) / 1000
    if (verdict.wrong.length + verdict.lost.length === 0 || seconds * 1000 > timeoutMs) return { ...verdict, seconds }
    await sleep(250)
  }
}

/** Every rating as stored, by pair. */
export async function storedRatings(world: World): Promise<Map<string, number>> {
  const rows = await world.sql<{ post_id: string; user_id: string; score: number }>(
    'select post_id, user_id, score from post_rate.ratings',
  )
  return new Map(rows.map((row) => [keyOf(Number(row.post_id), row.user_id), row.score]))
}

/** Three reads that agree, since nothing is written any more: what changes in between is judged again. */
async function readRecord(world: World): Promise<[Map<string, number>, StatsRow[], number]> {
  const stats = await world.sql<StatsRow>(
    `select post_id, version, counts::text as counts, displayed_counts::text as displayed_counts, displayed_average,
       as_of, window_end, step_at, deleted from post_rate.post_stats`,
  )
  const [outbox] = await world.sql<{ rows: string }>('select count(*) as rows from post_rate.rating_outbox')
  return [await storedRatings(world), stats, Number(outbox?.rows)]
}

async function compareRedis(world: World, stats: ReadonlyMap<number, StatsRow>): Promise<string[]> {
  const redis = world.redisClient
  const wrong: string[] = []
  const keys = new Set<string>()
  for (let cursor = '0', first = true; first || cursor !== '0'; first = false) {
    const [next, found] = await redis.scan(cursor, 'MATCH', `${prefix}*`, 'COUNT', 1000)
    for (const key of found) keys.add(key)
    cursor = next
  }
  keys.delete(`${prefix}mark`)
  const wanted = new Map([...stats].map(([postId, row]) => [`${prefix}{${postId}}`, row]))
  const pipeline = redis.pipeline()
  for (const key of wanted.keys()) pipeline.hgetall(key)
  const replies = (await pipeline.exec()) ?? []
  for (const [n, [key, row]] of [...wanted].entries()) {
    const [error, hash] = replies[n] as [Error | null, Record<string, string>]
    if (error) wrong.push(`${key}: ${error.message}`)
    else if (keys.delete(key)) wrong.push(...differences(key, row, hash))
    else if (!row.deleted) wrong.push(`${key}: missing in Redis`)
  }
  for (const key of keys) wrong.push(`${key}: in Redis, unknown to PostgreSQL`)
  return wrong
}

function differences(key: string, row: StatsRow, hash: Record<string, string>): string[] {
  const counts = row.counts.slice(1, -1).split(',').map(Number)
  const shown = row.displayed_counts.slice(1, -1).split(',').map(Number)
  const expected: Record<string, string> = {
    version: row.version,
    count: String(sum(counts)),
    sum: String(sum(counts.map((n, score) => n * score))),
    ...Object.fromEntries(counts.map((n, score) => [`h${score}`, String(n)])),
    ...Object.fromEntries(shown.map((n, score) => [`s${score}`, String(n)])),
    shownCount: String(sum(shown)),
    asOf: row.as_of.toISOString(),
    nextUpdateAt: row.window_end?.toISOString() ?? '',
    stepAt: row.step_at?.toISOString() ?? '',
    shownAverage: row.displayed_average === null ? '' : String(Number(row.displayed_average)),
  }
  if (row.deleted) expected.deleted = '1'
  const differing = Object.entries(expected).filter(([field, value]) => hash[field] !== value)
  if (differing.length === 0) return []
  const said = differing.slice(0, 4).map(([field, value]) => `${field} ${value} is ${hash[field]}`)
  return [`${key}: ${said.join(', ')} in Redis`]
}

function sum(numbers: number[]): number {
  return numbers.reduce((total, n) => total + n, 0)
}
