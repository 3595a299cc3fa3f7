import { averageOf, sameHistogram } from '../domain/histogram.ts'
import { checkPostId } from '../domain/ids.ts'
import { displayIsStale, type PostStats } from '../domain/post-stats.ts'
import type { AuditStore, CountsDrift, PostRange } from '../ports/audit-store.ts'
import type { Outbox } from '../ports/outbox.ts'
import type { RecordReader } from '../ports/record-reader.ts'
import type { StateStore } from '../ports/state-store.ts'
import type { StatsStore } from '../ports/stats-store.ts'
import { compareCopies, type Drift } from './compare-copies.ts'
import type { HealCopies } from './heal-copies.ts'
import { defaultWaitSeconds, type PostsProgress, recheckMs } from './rebuild-stats.ts'

const pageSize = 1_000

export interface VerifyOptions {
  ids?: readonly number[] | undefined
  /** Seconds after the comparison in which a difference may go away by itself before it counts. Default 10. */
  wait?: number | undefined
  onProgress?: ((progress: PostsProgress) => void) | undefined
  signal?: AbortSignal | undefined
}

export interface VerifyReport {
  posts: number
  checked: number
  drift: Drift[]
  /** Outbox rows not yet acknowledged by the bus; above 1,000 an estimate. */
  pending: number
}

/**
 * Compares states with the ratings and the stats store's copies with the states. What is only on its way is no drift: a
 * difference counts when it is still there after the wait.
 */
export class VerifyStats {
  readonly #audit: AuditStore
  readonly #states: StateStore
  readonly #store: StatsStore
  readonly #record: RecordReader
  readonly #outbox: Outbox
  readonly #copies: HealCopies

  constructor(
    audit: AuditStore,
    states: StateStore,
    store: StatsStore,
    record: RecordReader,
    outbox: Outbox,
    copies: HealCopies,
  ) {
    this.#audit = audit
    this.#states = states
    this.#store = store
    this.#record = record
    this.#outbox = outbox
    this.#copies = copies
  }

  async verify({ ids, wait = defaultWaitSeconds, onProgress, signal }: VerifyOptions): Promise<VerifyReport> {
    const first = ids
      ? { drift: await this.#compareOnly(ids.map((id) => checkPostId(id))), checked: ids.length }
      : await this.#compareAll(onProgress, signal)
    // The comparison of a large database takes longer than the wait.
    const compared = performance.now()
    let { drift } = first
    let { rows } = await this.#outbox.backlog()
    while ((drift.length > 0 || rows > 0) && performance.now() - compared < wait * 1000) {
      signal?.throwIfAborted()
      await new Promise((resolve) => setTimeout(resolve, recheckMs))
      if (drift.length > 0) drift = await this.#compareOnly([...new Set(drift.map(({ postId }) => postId))])
      rows = (await this.#outbox.backlog()).rows
    }
    return { posts: first.checked, checked: first.checked, drift, pending: rows }
  }

  async #compareAll(
    onProgress: VerifyOptions['onProgress'],
    signal: AbortSignal | undefined,
  ): Promise<{ drift: Drift[]; checked: number }> {
    const total = await this.#audit.estimate()
    let drift: Drift[] = []
    let checked = 0
    for (let after: number | null = 0; after !== null; ) {
      signal?.throwIfAborted()
      const range: PostRange = await this.#audit.next(after)
      drift = drift.concat(await this.#compareRange(range))
      if (this.#store.keeps) drift = drift.concat(await this.#compareCopies(range, signal))
      checked += range.posts
      onProgress?.({ done: checked, total: Math.max(total, checked), found: drift.length })
      after = range.last
    }
    if (this.#store.keeps)
      for await (const ids of this.#store.ids()) if (ids.length > 0) drift = drift.concat(await this.#unknown(ids))
    return { drift, checked }
  }

  /** What differs in the range's own snapshot is looked at closely in a second one. */
  async #compareRange(range: PostRange): Promise<Drift[]> {
    const suspects = (await this.#audit.compare(range)).map(({ postId }) => postId)
    const drift: Drift[] = []
    for (let at = 0; at < suspects.length; at += pageSize)
      drift.push(...driftOfCounts(await this.#audit.compareOnly(suspects.slice(at, at + pageSize))))
    return drift
  }

  async #compareCopies({ after, last }: PostRange, signal: AbortSignal | undefined): Promise<Drift[]> {
    const drift: Drift[] = []
    for (let from = after; ; ) {
      signal?.throwIfAborted()
      const states = (await this.#states.range(from, pageSize)).filter((stats) => last === null || stats.postId <= last)
      for (const one of await this.#driftOfCopies(states)) drift.push(one)
      const end = states.at(-1)
      if (states.length < pageSize || end === undefined) return drift
      from = end.postId
    }
  }

  /** A cached state may be ahead of a state that was read before it. Only a state that is read after it tells. */
  async #driftOfCopies(states: readonly PostStats[]): Promise<Drift[]> {
    const drift = await compareCopies(this.#store, states)
    const ahead = drift.filter(({ kind }) => kind === 'ahead')
    if (ahead.length === 0) return drift
    const ids = ahead.map(({ postId }) => postId)
    const { states: current } = await this.#record.read([], ids)
    const versions = new Map(current.map(({ postId, version }) => [postId, version]))
    const stillAhead = ({ postId, found }: Drift) =>
      (found as Pick<PostStats, 'version'>).version > (versions.get(postId) ?? 0)
    return drift.filter((one) => one.kind !== 'ahead' || stillAhead(one))
  }

  async #compareOnly(ids: readonly number[]): Promise<Drift[]> {
    const drift = driftOfCounts(await this.#audit.compareOnly(ids))
    if (!this.#store.keeps) return drift
    const { states } = await this.#record.read([], ids)
    const unknown = await this.#unknown(ids)
    return [
      ...drift,
      ...(await this.#driftOfCopies(states)),
      ...(unknown.length > 0 ? await this.#stillThere(unknown) : []),
    ]
  }

  /** Of keys that should not be: those that are. Damaged ones cannot be read, only listed. */
  async #stillThere(unknown: Drift[]): Promise<Drift[]> {
    const there = new Set<number>()
    for await (const ids of this.#store.ids()) for (const id of ids) there.add(id)
    return unknown.filter(({ postId }) => there.has(postId))
  }

  async #unknown(ids: readonly number[]): Promise<Drift[]> {
    const unknown = await this.#copies.unknown(ids)
    return unknown.map((postId) => ({ postId, kind: 'unknown', expected: null, found: 'a key' }))
  }
}

function driftOfCounts(drift: readonly CountsDrift[]): Drift[] {
  return drift.map(({ postId, expected, found }) => {
    if (found === null || !sameHistogram(found.counts, expected))
      return { postId, kind: 'counts', expected, found: found?.counts ?? null }
    const shown = found.displayed.counts
    if (found.stepAt === null && !sameHistogram(shown, expected))
      return { postId, kind: 'displayed', expected, found: shown }
    if (displayIsStale(found))
      return { postId, kind: 'displayed', expected: averageOf(shown), found: found.displayed.average }
    return { postId, kind: 'rank', expected: 'the rank of what is displayed', found: 'another one' }
  })
}
