import { settingsAt } from '../domain/display-window.ts'
import type { Histogram } from '../domain/histogram.ts'
import { checkPostId, checkUserId } from '../domain/ids.ts'
import { newPostStats } from '../domain/post-stats.ts'
import { type HistoryUnit, historyUnits, type Span, selectBuckets, withoutExcluded } from '../domain/rating-history.ts'
import { type ShownStats, showStats } from '../domain/shown-stats.ts'
import { parseTime, timeForms } from '../domain/time.ts'
import { invalidInput } from '../errors.ts'
import type { Clock } from '../ports/clock.ts'
import type { HistoryReader } from '../ports/history-reader.ts'
import type { ModerationStore } from '../ports/moderation-store.ts'
import type { PostStore } from '../ports/post-store.ts'
import { Batcher } from './batcher.ts'
import { exclusionsAsOf } from './exclusions-as-of.ts'
import { KeptHistories, type WholeHistory } from './kept-histories.ts'
import type { ReadStats } from './read-stats.ts'
import { visiblePost } from './visible-post.ts'

export interface HistoryQuery {
  /** Default `day`. */
  unit?: HistoryUnit | undefined
  /** Begin, inclusive: ISO 8601 or as PostgreSQL writes it (without a zone: UTC), or Unix seconds. Default: the first rating. */
  from?: string | number | undefined
  /** End, exclusive. Default: the newest rating. */
  to?: string | number | undefined
  /** Who reads: a post that this user may not see is not found. */
  userId?: string | null | undefined
}

/** A rush of ratings; `to` is null while it is not over. Times are ISO 8601. */
export interface HistoryIncident {
  from: string
  to: string | null
  state: 'open' | 'released' | 'excluded' | 'expired'
}

/** A period whose ratings do not count. Times are ISO 8601. */
export interface HistoryExclusion {
  from: string
  to: string
  /** Ratings that it took out of the statistics. */
  count: number
  reason: string
}

/** A post's standing ratings over time. Times are ISO 8601 with milliseconds, UTC. */
export interface PostHistory {
  postId: number
  unit: HistoryUnit
  /** The moment of the figures that readers are shown: nothing here is newer. */
  asOf: string
  /** Nothing in it changes before; null where a change shows at once. */
  nextUpdateAt: string | null
  /** The displayed average as of then. */
  average: number | null
  /** Ratings that count and are older than the first bucket, by score. */
  before: Histogram
  /** The newest 400 at most, in order; buckets without any rating are left out. */
  buckets: { start: string; counts: Histogram; excluded: Histogram }[]
  incidents: HistoryIncident[]
  /** Empty where the deployment does not publish them. */
  exclusions: HistoryExclusion[]
}

/** Finds the incidents of a post, in any order. */
export type FindIncidents = (postId: number) => Promise<readonly HistoryIncident[]>

/** Passes over whole posts at the same time: requests for other things must find connections, too. */
const lanes = 2
/** Buckets, incidents and exclusions of one history, each: the newest. */
export const mostListed = 400

/** A post's ratings over time, counted from the ratings themselves, once for each time that its figures change. */
export class ReadHistory {
  readonly #posts: PostStore
  readonly #stats: ReadStats
  readonly #moderation: ModerationStore
  readonly #findIncidents: FindIncidents
  readonly #clock: Clock
  readonly #kept = new KeptHistories()
  readonly #reading: Batcher<() => Promise<WholeHistory>, WholeHistory>
  readonly #history: HistoryReader

  constructor(
    posts: PostStore,
    stats: ReadStats,
    history: HistoryReader,
    moderation: ModerationStore,
    findIncidents: FindIncidents,
    clock: Clock,
  ) {
    this.#posts = posts
    this.#stats = stats
    this.#history = history
    this.#moderation = moderation
    this.#findIncidents = findIncidents
    this.#clock = clock
    this.#reading = new Batcher({
      run: (reads) => Promise.all(reads.map((read) => read())),
      maxBatch: 1,
      limit: 100,
      lanes,
      maxWaitMs: 5_000,
    })
  }

  async read(id: unknown, query: HistoryQuery = {}): Promise<PostHistory> {
    const postId = checkPostId(id, 'id')
    const unit = checkUnit(query.unit ?? 'day')
    const span = readSpan(query)
    const userId = query.userId == null ? null : checkUserId(query.userId)
    const { createdAt } = await visiblePost(this.#posts, postId, userId)
    const { states, settings, watermarkOf } = await this.#stats.read([postId], null)
    const now = this.#clock.now()
    const known = states.get(postId)
    const state = known === undefined || known.deleted ? newPostStats(postId, createdAt) : known
    const shown = showStats(state, settingsAt(settings, postId, now), { now, watermark: watermarkOf(postId) })
    const [whole, incidents] = await Promise.all([
      this.#whole(postId, unit, shown, state.version, now),
      this.#incidents(postId, Date.parse(shown.asOf), span),
    ])
    const visible = settings.publishExclusions ? whole.buckets : withoutExcluded(whole.buckets)
    const { before, buckets } = selectBuckets(visible, unit, span)
    return {
      postId,
      unit,
      asOf: shown.asOf,
      nextUpdateAt: shown.nextUpdateAt,
      average: shown.average,
      before,
      buckets: buckets.map(({ start, ...counted }) => ({ start: new Date(start).toISOString(), ...counted })),
      // What was decided about an incident tells of an exclusion, too.
      incidents: incidents.filter(({ state }) => settings.publishExclusions || state !== 'excluded'),
      exclusions: settings.publishExclusions ? exclusionsWithin(whole, span) : [],
    }
  }

  /** Every bucket of the post, as of the figures that are shown. */
  #whole(postId: number, unit: HistoryUnit, shown: ShownStats, version: number, now: number): Promise<WholeHistory> {
    if (version === 0) return Promise.resolve({ buckets: [], exclusions: [] })
    const asOf = Date.parse(shown.asOf)
    const until = shown.nextUpdateAt === null ? null : Date.parse(shown.nextUpdateAt)
    const read = async () => {
      const { active, ...spans } = exclusionsAsOf(await this.#moderation.list(postId), asOf)
      return { exclusions: active, buckets: await this.#history.buckets({ postId, unit, asOf, ...spans }) }
    }
    const figures = { asOf: shown.asOf, version, until }
    return this.#kept.get(`${unit} ${postId}`, figures, now, () => this.#reading.add(read))
  }

  /** Those that had begun by then; an end that came later is not known yet. */
  async #incidents(postId: number, asOf: number, span: Span): Promise<HistoryIncident[]> {
    const found = await this.#findIncidents(postId)
    const isLater = (time: string) => Date.parse(time) > asOf
    return found
      .filter(({ from, to }) => !isLater(from) && overlaps(span, from, to))
      .map(({ from, to, state }) => ({ from, to: to !== null && isLater(to) ? null : to, state }))
      .sort((a, b) => Date.parse(a.from) - Date.parse(b.from))
      .slice(-mostListed)
  }
}

function exclusionsWithin({ exclusions }: WholeHistory, span: Span): HistoryExclusion[] {
  return exclusions
    .filter(({ from, to }) => overlaps(span, from, to))
    .slice(-mostListed)
    .map(({ from, to, excluded: count, reason }) => ({ from, to, count, reason }))
}

function overlaps(span: Span, from: string, to: string | null): boolean {
  return Date.parse(from) < span.to && (to === null || Date.parse(to) > span.from)
}

function checkUnit(unit: unknown): HistoryUnit {
  const known = historyUnits.find((name) => name === unit)
  if (known === undefined) throw invalidInput('unit', 'must be day or hour')
  return known
}

function readSpan({ from, to }: HistoryQuery): Span {
  const span = {
    from: from === undefined ? Number.NEGATIVE_INFINITY : readTime('from', from),
    to: to === undefined ? Number.POSITIVE_INFINITY : readTime('to', to),
  }
  if (span.from > span.to) throw invalidInput('from', 'must not be after `to`')
  return span
}

function readTime(field: string, value: unknown): number {
  const time = parseTime(value)
  if (Number.isNaN(time)) throw invalidInput(field, `must be ${timeForms}`)
  return time
}
