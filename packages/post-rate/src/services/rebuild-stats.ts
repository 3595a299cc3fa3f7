import { checkPostId } from '../domain/ids.ts'
import { repairCounts } from '../domain/post-stats.ts'
import type { AuditStore } from '../ports/audit-store.ts'
import type { RebuildRun } from '../ports/rebuild-store.ts'
import type { RecordReader } from '../ports/record-reader.ts'
import type { StateStore } from '../ports/state-store.ts'
import type { StatsStore } from '../ports/stats-store.ts'
import { compareCopies } from './compare-copies.ts'
import type { HealCopies } from './heal-copies.ts'

const rangeSize = 2_000

/** Progress of long work over posts. `total` is an estimate. */
export interface PostsProgress {
  done: number
  total: number
  /** Of rebuild: repaired so far. Of verify: drift found so far. */
  found: number
}

export interface RebuildOptions {
  /** Only these posts; all of them when left out. */
  ids?: readonly number[]
  /** Finds what differs and changes nothing. */
  dryRun?: boolean
  /** Begins anew where an earlier rebuild of all posts was cut short. */
  restart?: boolean
  /** Called first where an earlier rebuild of all posts is gone on with. */
  onResume?: (run: RebuildRun) => void
  onProgress?: (progress: PostsProgress) => void
  /** Stops between two posts; the promise rejects with the signal's reason. */
  signal?: AbortSignal
}

/** Where a rebuild of all posts goes on, and whom it tells of each range that is finished. */
export interface ResumedRebuild extends RebuildOptions {
  resume?: { last: number; posts: number; repaired: number }
  onRange?: (done: { last: number; posts: number; repaired: number }) => void
}

export interface RebuildReport {
  /** With what an earlier rebuild did that this one went on with. */
  posts: number
  /** Posts repaired, or with `dryRun` to be repaired. */
  repaired: number
  seconds: number
}

/**
 * Recomputes states from the ratings, online: finds what differs in ranges without a lock, then repairs one post at a
 * time under its own, and brings the stats store to the same state itself.
 */
export class RebuildStats {
  readonly #audit: AuditStore
  readonly #states: StateStore
  readonly #store: StatsStore
  readonly #record: RecordReader
  readonly #copies: HealCopies

  constructor(audit: AuditStore, states: StateStore, store: StatsStore, record: RecordReader, copies: HealCopies) {
    this.#audit = audit
    this.#states = states
    this.#store = store
    this.#record = record
    this.#copies = copies
  }

  async rebuild(request: ResumedRebuild): Promise<RebuildReport> {
    const began = performance.now()
    const done = request.ids
      ? await this.#only(
          request.ids.map((id) => checkPostId(id)),
          request,
        )
      : await this.#all(request)
    return { ...done, seconds: Math.round(performance.now() - began) / 1000 }
  }

  async #all(request: ResumedRebuild): Promise<{ posts: number; repaired: number }> {
    const total = await this.#audit.estimate()
    let {
      last: after,
      posts,
      repaired,
    }: { last: number | null; posts: number; repaired: number } = request.resume ?? {
      last: 0,
      posts: 0,
      repaired: 0,
    }
    const report = (found: number) =>
      request.onProgress?.({ done: posts, total: Math.max(total, posts), found: repaired + found })
    while (after !== null) {
      request.signal?.throwIfAborted()
      const range = await this.#audit.compare(after, rangeSize)
      const wrong = await this.#repair(
        range.drift.map((drift) => drift.postId),
        request,
        report,
      )
      for (const id of await this.#copyRange(after, range.last, request)) wrong.add(id)
      posts += range.checked
      repaired += wrong.size
      if (range.last !== null) request.onRange?.({ last: range.last, posts, repaired })
      report(0)
      after = range.last
    }
    return { posts, repaired: repaired + (await this.#removeUnknown(request)) }
  }

  async #only(ids: readonly number[], request: RebuildOptions): Promise<{ posts: number; repaired: number }> {
    const { drift } = await this.#audit.compareOnly(ids)
    const wrong = await this.#repair(
      drift.map(({ postId }) => postId),
      request,
    )
    const { states } = await this.#record.read([], ids)
    for (const id of await this.#copy(states, request)) wrong.add(id)
    request.onProgress?.({ done: ids.length, total: ids.length, found: wrong.size })
    return { posts: ids.length, repaired: wrong.size }
  }

  async #repair(
    ids: readonly number[],
    { dryRun, signal }: RebuildOptions,
    onRepaired: (repaired: number) => void = () => {},
  ): Promise<Set<number>> {
    if (dryRun) return new Set(ids)
    const repaired = new Set<number>()
    for (const id of ids) {
      signal?.throwIfAborted()
      if ((await this.#audit.repair(id, repairCounts)) === null) continue
      repaired.add(id)
      onRepaired(repaired.size)
    }
    return repaired
  }

  /** The copies of the posts in (after, last]. */
  async #copyRange(after: number, last: number | null, request: RebuildOptions): Promise<Set<number>> {
    const wrong = new Set<number>()
    if (!this.#store.keeps) return wrong
    for (let from = after; ; ) {
      const states = (await this.#states.range(from, rangeSize)).filter(
        (stats) => last === null || stats.postId <= last,
      )
      for (const id of await this.#copy(states, request)) wrong.add(id)
      const end = states.at(-1)
      if (states.length < rangeSize || end === undefined) return wrong
      from = end.postId
    }
  }

  async #copy(states: Awaited<ReturnType<StateStore['range']>>, { dryRun }: RebuildOptions): Promise<number[]> {
    if (!this.#store.keeps || states.length === 0) return []
    const drift = await compareCopies(this.#store, states)
    // A copy that is a moment behind is the bus's business; it is brought up to date all the same.
    if (!dryRun && drift.length > 0) await this.#copies.heal(states)
    return drift.map(({ postId }) => postId)
  }

  async #removeUnknown({ dryRun }: RebuildOptions): Promise<number> {
    if (!this.#store.keeps) return 0
    let removed = 0
    for await (const ids of this.#store.ids())
      removed += dryRun ? (await this.#copies.unknown(ids)).length : (await this.#copies.removeUnknown(ids)).length
    return removed
  }
}
