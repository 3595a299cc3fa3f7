import type { DatedRating, Rating, Score } from '../../domain/rating.ts'
import { PostRateError } from '../../errors.ts'
import type { EraseOptions, ImportOutcome, RateOutcome, RatingStore } from '../../ports/rating-store.ts'
import { arrayOf, type PostgresDatabase, type Query, sqlState } from './postgres-database.ts'
import { isContention, isOfRow, retryContended, splitBatch } from './split-batch.ts'
import { isoTime } from './stats-row.ts'
import { lateness, WriteDeadline, writeDeadline } from './write-deadline.ts'

interface RatedRow {
  n: number
  known: boolean
  changed: boolean
  previous_score: Score | null
  rated_at: number | null
  /** The database's time at the statement's end. */
  now: number
  /** It took so long that its writing may have been refused. */
  late: boolean
}

/** What a rating does to the row `r` of an earlier one, and when. */
const newScore = 'score = excluded.score, previous_score = r.score, rated_at = greatest(clock_timestamp(), r.rated_at)'
const otherScore = 'r.score is distinct from excluded.score'

const exportBatch = 5_000
const eraseBatch = 2_000

/**
 * Ratings in PostgreSQL. The statement is a plain upsert of one batch; triggers record what it changed in the same
 * commit. `previous_score` is set under the row's lock: reading it before the upsert would be wrong when two first
 * ratings of one user arrive together.
 */
export class PostgresRatingStore implements RatingStore {
  readonly #database: PostgresDatabase
  readonly #findPosts: () => Promise<'own' | 'external'>
  readonly #deadline: WriteDeadline
  #posts: string | null | undefined

  /** `posts`: whether the posts live in this schema, where a rating's post is looked up in its own statement. */
  constructor(database: PostgresDatabase, posts: () => Promise<'own' | 'external'>) {
    this.#database = database
    this.#findPosts = posts
    this.#deadline = new WriteDeadline(database.queryTimeoutMs)
  }

  async rate(ratings: readonly Rating[]): Promise<RateOutcome[]> {
    await this.#learnPosts()
    const [alone] = ratings
    const outcome = alone && ratings.length === 1 ? await this.#rateAlone(alone) : null
    if (outcome !== null) return [outcome]
    const run = async (part: readonly Rating[]) => {
      const rows = await this.#database.query<RatedRow>(this.#rateQuery(part))
      this.#deadline.check(rows[0])
      return rows
    }
    const rows = await splitBatch(ratings, run)
    for (let attempt = 0, unseen = indexesOfUnseen(rows); unseen.length > 0; unseen = indexesOfUnseen(rows)) {
      if (++attempt > 10) throw new PostRateError('UNAVAILABLE', 'Ratings are written and cannot be read back.')
      const again = await splitBatch(
        unseen.map((n) => ratings[n] as Rating),
        run,
      )
      for (const [i, n] of unseen.entries()) rows[n] = again[i]
    }
    return ratings.map((rating, n) => {
      const row = rows[n]
      if (row instanceof Error) return row
      if (!row?.known) return undefined
      const previousScore = row.changed ? row.previous_score : rating.score
      return { ...rating, previousScore, changed: row.changed, ratedAt: isoTime(row.rated_at as number) }
    })
  }

  /**
   * A rating that nobody shares a statement with, said as plainly as SQL can: two thirds of the time of the statement for
   * many. Null where it has nothing to tell: the score was there already, the post is unknown, it was late, or refused.
   */
  async #rateAlone(rating: Rating): Promise<RateOutcome | null> {
    try {
      const [row] = await this.#database.query<{ previous_score: Score | null; rated_at: number; now: number }>({
        name: 'rate-alone',
        text: `
insert into ${this.#ratings} as r (post_id, user_id, score, rated_at)
select $1::bigint, $2::text, $3::smallint, clock_timestamp() where clock_timestamp() < ${writeDeadline('$4')}
on conflict (post_id, user_id) do update set ${newScore} where ${otherScore} and clock_timestamp() < ${writeDeadline('$4')}
returning r.previous_score, r.rated_at, clock_timestamp() as now`,
        values: [rating.postId, rating.userId, rating.score, this.#deadline.next()],
      })
      if (row === undefined) return null
      this.#deadline.check({ now: row.now, late: false })
      return { ...rating, previousScore: row.previous_score, changed: true, ratedAt: isoTime(row.rated_at) }
    } catch (error) {
      const state = sqlState(error) ?? ''
      if (isOfRow(state) || isContention(state)) return null
      throw error
    }
  }

  async withdraw(postId: number, userId: string): Promise<boolean> {
    await this.#learnPosts()
    const known = this.#posts === null ? 'true' : `exists (select from ${this.#posts} where id = $1)`
    const [row] = await retryContended(() =>
      this.#database.query<{ known: boolean; now: number; late: boolean }>({
        name: 'withdraw',
        // The time is looked at after the lock, which may have been waited for.
        text: `
with locked as materialized (select post_id, user_id from ${this.#ratings} where post_id = $1 and user_id = $2 for update),
timely as materialized (select * from locked where clock_timestamp() < ${writeDeadline('$3')}),
gone as (delete from ${this.#ratings} r using timely t where r.post_id = t.post_id and r.user_id = t.user_id returning 1)
select ${known} as known, (select count(*) from gone) as gone, ${lateness('$3')}`,
        values: [postId, userId, this.#deadline.next()],
      }),
    )
    this.#deadline.check(row)
    return row?.known ?? false
  }

  /** There is no index on the user: each step probes the primary key once for every post of its range. */
  async erase(userId: string, { dryRun = false, onProgress, signal }: EraseOptions = {}): Promise<number> {
    const ofUser = `from ${this.#ratings} where post_id = any ($1::bigint[]) and user_id = $2`
    const text = dryRun ? `select post_id ${ofUser}` : `delete ${ofUser} returning post_id`
    let posts = 0
    let erased = 0
    for (let after = 0; ; ) {
      signal?.throwIfAborted()
      const ids = await this.#ratedPosts(after, eraseBatch)
      const gone = await retryContended(() => this.#database.query({ text, values: [ids, userId] }))
      posts += ids.length
      erased += gone.length
      onProgress?.({ posts, erased })
      const last = ids.at(-1)
      if (last === undefined || ids.length < eraseBatch) return erased
      after = last
    }
  }

  /** The next posts that have ratings, found by skipping along the primary key. */
  async #ratedPosts(after: number, limit: number): Promise<number[]> {
    const rows = await this.#database.query<{ post_id: number }>({
      text: `
with recursive rated (post_id, n) as (
  (select min(post_id), 1 from ${this.#ratings} where post_id > $1)
  union all
  select (select min(r.post_id) from ${this.#ratings} r where r.post_id > rated.post_id), n + 1
  from rated where post_id is not null and n < $2)
select post_id from rated where post_id is not null`,
      values: [after, limit],
    })
    return rows.map((row) => row.post_id)
  }

  async import(ratings: readonly DatedRating[], { createPosts }: { createPosts: boolean }): Promise<ImportOutcome> {
    await this.#learnPosts()
    const postsCreated = createPosts && this.#posts !== null ? await this.#createPosts(ratings) : 0
    const outcomes = await splitBatch(ratings, (part) => this.#database.query<RatedRow>(this.#importQuery(part)))
    const rows = outcomes.map((outcome) => {
      if (outcome instanceof Error) throw outcome
      return outcome
    })
    return {
      changed: rows.filter((row) => row?.changed).length,
      unchanged: rows.filter((row) => row?.known && !row.changed).length,
      unknownPosts: ratings.flatMap((_, n) => (rows[n]?.known ? [] : [n])),
      postsCreated,
    }
  }

  /** A cursor in one read-only snapshot: consistent, and bounded in memory on both sides. */
  async *export(): AsyncIterable<DatedRating> {
    const client = await this.#database.connect()
    let failed: Error | undefined
    const onError = (error: Error) => {
      failed = error
    }
    client.on('error', onError)
    try {
      await client.query('begin transaction isolation level repeatable read read only')
      await client.query(
        `declare every_rating no scroll cursor for
         select post_id::text, user_id, score, extract(epoch from rated_at) * 1000 as rated_at
         from ${this.#ratings} order by post_id, user_id`,
      )
      for (;;) {
        const { rows } = await client.query(`fetch ${exportBatch} from every_rating`)
        for (const row of rows)
          yield {
            postId: Number(row.post_id),
            userId: row.user_id,
            score: row.score,
            ratedAt: Math.floor(Number(row.rated_at)),
          }
        if (rows.length < exportBatch) break
      }
      await client.query('commit')
    } catch (error) {
      failed = error as Error
      throw error
    } finally {
      client.off('error', onError)
      // An export that was left early is in a transaction still: the connection goes with it.
      client.release(failed ?? true)
    }
  }

  /** The sequence is moved past the given ids, so that the next post made without one does not collide. */
  async #createPosts(ratings: readonly DatedRating[]): Promise<number> {
    const [row] = await retryContended(() =>
      this.#database.query<{ created: number }>({
        text: `
with made as (
  insert into ${this.#posts} (id, title, content, created_by)
  select distinct id, 'Post ' || id, 'Imported with its ratings.', 'import' from unnest($1::bigint[]) as n (id) order by 1
  on conflict do nothing returning id),
moved as (
  select setval(pg_get_serial_sequence('${this.#posts}', 'id'), greatest(max(id), (select last_value from ${this.#posts}_id_seq)))
  from made having count(*) > 0)
select (select count(*) from made) as created, (select count(*) from moved) as moved`,
        values: [[...new Set(ratings.map((rating) => rating.postId))]],
      }),
    )
    return row?.created ?? 0
  }

  /** Never changes once the schema is made, so it is read once. */
  async #learnPosts(): Promise<void> {
    if (this.#posts === undefined)
      this.#posts = (await this.#findPosts()) === 'own' ? `${this.#database.schema}.posts` : null
  }

  get #ratings(): string {
    return `${this.#database.schema}.ratings`
  }

  #rateQuery(ratings: readonly Rating[]): Query {
    return {
      name: `rate-${this.#posts === null ? 'external' : 'own'}`,
      text: this.#upsert({
        // In subqueries, so that the arrays' lengths do not count: otherwise each small batch would be planned anew (0.2 ms).
        input: `unnest((select $1::bigint[]), (select $2::text[]), (select $3::smallint[])) with ordinality as i (post_id, user_id, score, n)`,
        ratedAt: 'clock_timestamp()',
        set: newScore,
        where: otherScore,
        deadline: '$4',
      }),
      values: [
        arrayOf(ratings.map((r) => r.postId)),
        ratings.map((r) => r.userId),
        arrayOf(ratings.map((r) => r.score)),
        this.#deadline.next(),
      ],
    }
  }

  /** A newer date with the same score is noted, too: the newest of several lines must win whatever their order. */
  #importQuery(ratings: readonly DatedRating[]): Query {
    return {
      name: `import-${this.#posts === null ? 'external' : 'own'}`,
      text: this.#upsert({
        input: `unnest($1::bigint[], $2::text[], $3::smallint[], $4::timestamptz[]) with ordinality as i (post_id, user_id, score, rated_at, n)`,
        ratedAt: 'i.rated_at',
        set: 'score = excluded.score, previous_score = r.score, rated_at = excluded.rated_at',
        where: 'r.rated_at < excluded.rated_at',
      }),
      values: [
        arrayOf(ratings.map((r) => r.postId)),
        ratings.map((r) => r.userId),
        arrayOf(ratings.map((r) => r.score)),
        ratings.map((r) => isoTime(r.ratedAt)),
      ],
    }
  }

  /** Rows are locked in the order of their key, so that two batches never wait for each other. */
  #upsert(part: { input: string; ratedAt: string; set: string; where: string; deadline?: string }): string {
    const timely = part.deadline ? `and clock_timestamp() < ${writeDeadline(part.deadline)}` : ''
    const known = this.#posts === null ? 'true' : `exists (select from ${this.#posts} p where p.id = i.post_id)`
    return `
with input as materialized (select i.*, ${known} as known from ${part.input}),
written as (
  insert into ${this.#ratings} as r (post_id, user_id, score, rated_at)
  select i.post_id, i.user_id, i.score, ${part.ratedAt} from input i where i.known ${timely} order by i.post_id, i.user_id
  on conflict (post_id, user_id) do update set ${part.set} where ${part.where} ${timely}
  returning r.post_id, r.user_id, r.previous_score, r.rated_at)
select i.n::int - 1 as n, i.known, w.post_id is not null as changed, w.previous_score,
  coalesce(w.rated_at, s.rated_at) as rated_at${part.deadline ? `, ${lateness(part.deadline)}` : ''}
from input i
left join written w using (post_id, user_id)
left join ${this.#ratings} s on w.post_id is null and s.post_id = i.post_id and s.user_id = i.user_id
order by i.n`
  }
}

/**
 * Rows that another client stored with the same score at the same moment: nothing to write, and nothing to read in the
 * statement's snapshot. The next statement sees them.
 */
function indexesOfUnseen(rows: readonly (RatedRow | Error | undefined)[]): number[] {
  return rows.flatMap((row, n) => (row && !(row instanceof Error) && row.known && row.rated_at === null ? [n] : []))
}
