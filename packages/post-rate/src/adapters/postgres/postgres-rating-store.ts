import type { DatedRating, Rating, RatingReceipt, Score } from '../../domain/rating.ts'
import { PostRateError } from '../../errors.ts'
import type {
  EraseOptions,
  ExportOptions,
  ImportOutcome,
  RateOutcome,
  RatingKey,
  RatingStore,
  WithdrawOutcome,
} from '../../ports/rating-store.ts'
import { ContendedPosts } from './contended-posts.ts'
import { arrayOf, type PostgresDatabase, type Query, sqlState } from './postgres-database.ts'
import { eraseRatings } from './ratings-erase.ts'
import { exportRatings } from './ratings-export.ts'
import { importRatings } from './ratings-import.ts'
import { lockedRow, type RatedRow, type RatingTables, upsertRatings } from './ratings-upsert.ts'
import { withdrawRatings } from './ratings-withdraw.ts'
import { isLockTimeout, patience } from './row-locks.ts'
import { isContention, isOfRow, splitBatch } from './split-batch.ts'
import { isoTime } from './stats-row.ts'
import { WriteDeadline, writeDeadline } from './write-deadline.ts'

/** What a rating does to the row `r` of an earlier one, and when. A standing that is not known leaves the one before. */
const newScore = `score = excluded.score, previous_score = r.score, rated_at = greatest(clock_timestamp(), r.rated_at),
established = coalesce(excluded.established, r.established)`
const otherScore = 'r.score is distinct from excluded.score'

/**
 * Ratings in PostgreSQL. The statement is a plain upsert of one batch; triggers record what it changed in the same
 * commit. `previous_score` is set under the row's lock: reading it before the upsert would be wrong when two first
 * ratings of one user arrive together.
 */
export class PostgresRatingStore implements RatingStore {
  readonly #database: PostgresDatabase
  readonly #findPosts: () => Promise<'own' | 'external'>
  readonly #deadline: WriteDeadline
  /** Something of theirs was locked: a statement that waits for nothing is better than the plain one. */
  readonly #contended = new ContendedPosts()
  /** A statement about one of their ratings alone had to wait: it may not keep others waiting. */
  readonly #slow = new ContendedPosts()
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
    const outcome =
      alone && ratings.length === 1 && !this.#contended.has(alone.postId) ? await this.#rateAlone(alone) : null
    if (outcome !== null) return [outcome]
    const run = (part: readonly Rating[]) => this.#rateMany(part)
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
      if (row.locked) return 'locked'
      const previousScore = row.changed ? row.previous_score : rating.score
      return receiptOf(rating, previousScore, row.changed, row.rated_at as number)
    })
  }

  /** Where the statement had to wait for one of the rows, it is not known for which: all of them count as locked. */
  async #rateMany(ratings: readonly Rating[]): Promise<RatedRow[]> {
    if (ratings.length > 1 && ratings.some(({ postId }) => this.#slow.has(postId))) return this.#rateQuick(ratings)
    try {
      const rows = await this.#database.query<RatedRow>(this.#rateQuery(ratings))
      this.#deadline.check(rows[0])
      for (const [n, { postId }] of ratings.entries()) if (rows[n]?.locked) this.#contended.note(postId)
      return rows
    } catch (error) {
      if (!isLockTimeout(error)) throw error
      for (const { postId } of ratings) this.#contended.note(postId)
      if (ratings.length === 1) this.#slow.note(ratings[0]?.postId as number)
      return ratings.map(lockedRow)
    }
  }

  /** A batch without the ratings that would have to be waited for. */
  async #rateQuick(ratings: readonly Rating[]): Promise<RatedRow[]> {
    const quick = ratings.filter(({ postId }) => !this.#slow.has(postId))
    const rows = quick.length > 0 ? await this.#rateMany(quick) : []
    const rowOf = new Map(quick.map((rating, n) => [rating, rows[n] as RatedRow]))
    return ratings.map((rating) => rowOf.get(rating) ?? lockedRow())
  }

  /**
   * A rating that nobody shares a statement with, said as plainly as SQL can: two thirds of the time of the statement for
   * many. Null where it has nothing to tell: the score was there already, the post is unknown, it was late, or refused.
   */
  async #rateAlone(rating: Rating): Promise<RateOutcome | null> {
    // The index of these posts is as good as empty, so it is the fastest way to see that this is none of them.
    const alive =
      this.#posts === null ? '' : `and not exists (select from ${this.#posts} where id = $1 and deleted_at is not null)`
    try {
      const [row] = await this.#database.query<{ previous_score: Score | null; rated_at: number; now: number }>({
        name: 'rate-alone',
        text: `
with ${patience}
insert into ${this.#ratings} as r (post_id, user_id, score, rated_at, established)
select $1::bigint, $2::text, $3::smallint, clock_timestamp(), $5::boolean from patience where clock_timestamp() < ${writeDeadline('$4')} ${alive}
on conflict (post_id, user_id) do update set ${newScore} where ${otherScore} and clock_timestamp() < ${writeDeadline('$4')}
returning r.previous_score, r.rated_at, clock_timestamp() as now`,
        values: [rating.postId, rating.userId, rating.score, this.#deadline.next(), rating.established ?? null],
      })
      if (row === undefined) return null
      this.#deadline.check({ now: row.now, late: false })
      return receiptOf(rating, row.previous_score, true, row.rated_at)
    } catch (error) {
      if (isLockTimeout(error)) {
        this.#contended.note(rating.postId)
        return 'locked'
      }
      const state = sqlState(error) ?? ''
      if (isOfRow(state) || isContention(state)) return null
      throw error
    }
  }

  async withdraw(ratings: readonly RatingKey[]): Promise<WithdrawOutcome[]> {
    await this.#learnPosts()
    return withdrawRatings(this.#database, this.#tables, this.#deadline, ratings)
  }

  erase(userId: string, options: EraseOptions = {}): Promise<number> {
    return eraseRatings(this.#database, this.#ratings, userId, options)
  }

  async import(ratings: readonly DatedRating[], options: { createPosts: boolean }): Promise<ImportOutcome> {
    await this.#learnPosts()
    return importRatings(this.#database, this.#tables, ratings, options)
  }

  export(options: ExportOptions = {}): AsyncIterable<DatedRating> {
    return exportRatings(this.#database, options)
  }

  /** Never changes once the schema is made, so it is read once. */
  async #learnPosts(): Promise<void> {
    if (this.#posts === undefined)
      this.#posts = (await this.#findPosts()) === 'own' ? `${this.#database.schema}.posts` : null
  }

  get #ratings(): string {
    return `${this.#database.schema}.ratings`
  }

  get #tables(): RatingTables {
    const withdrawals = `${this.#database.schema}.withdrawals`
    return { ratings: this.#ratings, withdrawals, posts: this.#posts ?? null }
  }

  #rateQuery(ratings: readonly Rating[]): Query {
    return {
      name: `rate-${this.#posts === null ? 'external' : 'own'}`,
      text: upsertRatings(this.#tables, {
        // In subqueries, so that the arrays' lengths do not count: otherwise each small batch would be planned anew (0.2 ms).
        input: `unnest((select $1::bigint[]), (select $2::text[]), (select $3::smallint[]), (select $5::boolean[])) with ordinality as i (post_id, user_id, score, established, n)`,
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
        arrayOf(ratings.map((r) => r.established ?? 'null')),
      ],
    }
  }
}

function receiptOf(
  { postId, userId, score }: Rating,
  previousScore: Score | null,
  changed: boolean,
  ratedAt: number,
): RatingReceipt {
  return { postId, userId, score, previousScore, changed, ratedAt: isoTime(ratedAt) }
}

/**
 * Rows that another client stored with the same score at the same moment: nothing to write, and nothing to read in the
 * statement's snapshot. The next statement sees them.
 */
function indexesOfUnseen(rows: readonly (RatedRow | Error | undefined)[]): number[] {
  return rows.flatMap((row, n) =>
    row && !(row instanceof Error) && row.known && !row.locked && row.rated_at === null ? [n] : [],
  )
}
