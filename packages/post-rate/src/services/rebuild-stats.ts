import { checkPostId } from '../domain/ids.ts'
import { repairCounts } from '../domain/post-stats.ts'
import type { AuditStore, PostRange, Suspect } from '../ports/audit-store.ts'
import type { RebuildRun } from '../ports/rebuild-store.ts'
import type { RecordReader } from '../ports/record-reader.ts'
import type { StateStore } from '../ports/state-store.ts'
import type { StatsStore } from '../ports/stats-store.ts'
import { suspectCopies, wrongCopies } from './compare-copies.ts'
import type { HealCopies } from './heal-copies.ts'

/** Copied, or repaired, between two looks at the signal. */
const pageSize = 1_000
const repairedAtOnce = 500
/** How long a cached state may be late, in rebuild and in verify, and the pause between two looks at it. */
export const defaultWaitSeconds = 10
export const recheckMs = 300

/** Progress of long work over posts. `total` is an estimate. */
export interface PostsProgress {
  done: number
  total: number
  /** Of rebuild: repaired so far. Of verify: drift found so far. */
  found: number
}

export interface RebuildOptions {
  /** Only these posts; all of them when left out. */
  ids?: readonly number[] | undefined
  /**
   * Seconds in which a cached state may arrive whose post changed within them, before it counts as wrong. Default 10, as in
   * `verify`. All other differences count at once.
   */
  wait?: number | undefined
  /** Finds what differs and changes nothing. */
  dryRun?: boolean | undefined
  /** Begins anew where an earlier rebuild of all posts was cut short. */
  restart?: boolean | undefined
  /** Called first where an earlier rebuild of all posts is gone on with. */
  onResume?: ((run: RebuildRun) => void) | undefined
  onProgress?: ((progress: PostsProgress) => void) | undefined
  /** Stops between two batches; the promise rejects with the signal's reason. */
  signal?: AbortSignal | undefined
}

/** Where a rebuild of all posts goes on, and whom it tells of each range that is finished. */
export interface ResumedRebuild extends RebuildOptions {
  resume?: { last: number; posts: number; repaired: number } | undefined
  onRange?: ((done: { last: number; posts: number; repaired: number }) => void) | undefined
}

export interface RebuildReport {
  /** With what an earlier rebuild did that this one went on with. */
  posts: number
  /** Posts repaired, or with `dryRun` to be repaired. */
  repaired: number
  seconds: number
}

/**
 * Recomputes states from the ratings, online: finds what differs in ranges without a lock, then repairs some posts at a
 * time under theirs, and brings the stats store to the same states itself.
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
    let { last, posts, repaired } = request.resume ?? { last: 0, posts: 0, repaired: 0 }
    const report = (found: number) =>
      request.onProgress?.({ done: posts, total: Math.max(total, posts), found: repaired + found })
    for (let after: number | null = last; after !== null; ) {
      request.signal?.throwIfAborted()
      const range: PostRange = await this.#audit.next(after)
      repaired += await this.#range(range, request, report)
      posts += range.posts
      last = range.last ?? last
      if (range.last !== null) request.onRange?.({ last, posts, repaired })
      report(0)
      after = range.last
    }
    return { posts, repaired: repaired + (await this.#removeUnknown(request)) }
  }

  /**
   * The copies are compared while PostgreSQL is at the ratings, but not healed before the states are right: a copy that
   * differs from a wrong state would have that one's version raised. Those whose states were repaired were brought with
   * them; the rest is looked at again. Resolves to how many posts were wrong, here or there.
   */
  async #range(range: PostRange, request: RebuildOptions, report: (found: number) => void): Promise<number> {
    const stop = new AbortController()
    const signal = request.signal ? AbortSignal.any([request.signal, stop.signal]) : stop.signal
    const compared = this.#suspectCopies(range, signal)
    // Heard below; until then a failure is nobody's.
    compared.catch(() => {})
    try {
      const wrong = await this.#repair(await this.#audit.compare(range), request, report)
      const rest = [...(await compared)].filter((id) => !wrong.has(id))
      for (const id of await this.#healCopies(rest, request)) wrong.add(id)
      return wrong.size
    } finally {
      stop.abort()
      await compared.catch(() => {})
    }
  }

  async #only(ids: readonly number[], request: RebuildOptions): Promise<{ posts: number; repaired: number }> {
    const wrong = await this.#repair(await this.#audit.compareOnly(ids), request)
    if (this.#store.keeps) {
      for (const id of await this.#healCopies(ids, request)) wrong.add(id)
      const unknown = await this.#copies.unknown(ids)
      for (const id of (await this.#store.read(unknown, { patient: true })).states.keys()) wrong.add(id)
      if (!request.dryRun) await this.#store.remove(unknown)
    }
    request.onProgress?.({ done: ids.length, total: ids.length, found: wrong.size })
    return { posts: ids.length, repaired: wrong.size }
  }

  async #repair(
    suspects: readonly Suspect[],
    { dryRun, signal }: RebuildOptions,
    onRepaired: (repaired: number) => void = () => {},
  ): Promise<Set<number>> {
    if (dryRun) return new Set(suspects.map(({ postId }) => postId))
    const repaired = new Set<number>()
    let copying: Promise<unknown> = Promise.resolve()
    try {
      for (let at = 0; at < suspects.length; at += repairedAtOnce) {
        signal?.throwIfAborted()
        const states = await this.#audit.repair(suspects.slice(at, at + repairedAtOnce), repairCounts)
        for (const { postId } of states) repaired.add(postId)
        if (states.length > 0) onRepaired(repaired.size)
        await copying
        // Beside the next repair.
        copying = this.#store.keeps ? this.#copies.heal(states) : copying
        copying.catch(() => {})
      }
    } finally {
      await copying
    }
    return repaired
  }

  /** Repairs the cached states of these posts. Resolves to those that were wrong, and not only late. */
  async #healCopies(ids: readonly number[], request: RebuildOptions): Promise<number[]> {
    const { signal, wait = defaultWaitSeconds } = request
    const wrong = await this.#wrongCopies(ids, signal)
    const changed = await this.#changedWithin(wait, wrong)
    const lasting = wrong.filter((id) => !changed.has(id))
    await this.#heal(lasting, request)
    let late = [...changed]
    for (const began = performance.now(); late.length > 0 && performance.now() - began < wait * 1000; ) {
      await new Promise((resolve) => setTimeout(resolve, recheckMs))
      late = await this.#wrongCopies(late, signal)
    }
    await this.#heal(late, request)
    return [...lasting, ...late]
  }

  async #heal(ids: readonly number[], { dryRun, signal }: RebuildOptions): Promise<void> {
    for (let at = 0; !dryRun && at < ids.length; at += pageSize) {
      signal?.throwIfAborted()
      await this.#copies.heal((await this.#record.read([], ids.slice(at, at + pageSize))).states)
    }
  }

  async #wrongCopies(ids: readonly number[], signal: AbortSignal | undefined): Promise<number[]> {
    let wrong: number[] = []
    for (let at = 0; at < ids.length; at += pageSize) {
      signal?.throwIfAborted()
      const { states } = await this.#record.read([], ids.slice(at, at + pageSize))
      wrong = wrong.concat(await wrongCopies(this.#store, states))
    }
    return wrong
  }

  /** Those of these posts whose state changed in the last `seconds`: it may still be on its way to the stats store. */
  async #changedWithin(seconds: number, ids: readonly number[]): Promise<Set<number>> {
    const changed = new Set<number>()
    if (ids.length === 0 || seconds <= 0) return changed
    const wanted = new Set(ids)
    for await (const states of (await this.#states.changedWithin(seconds)).pages)
      for (const { postId } of states) if (wanted.has(postId)) changed.add(postId)
    return changed
  }

  async #suspectCopies({ after, last }: PostRange, signal: AbortSignal): Promise<Set<number>> {
    const suspects = new Set<number>()
    if (!this.#store.keeps) return suspects
    for (let from = after; ; ) {
      signal.throwIfAborted()
      const states = (await this.#states.range(from, pageSize)).filter((stats) => last === null || stats.postId <= last)
      // A copy of a post that nobody rated is an unknown one, which comes last.
      const rated = states.filter(({ version }) => version > 0)
      for (const id of await suspectCopies(this.#store, rated)) suspects.add(id)
      const end = states.at(-1)
      if (states.length < pageSize || end === undefined) return suspects
      from = end.postId
    }
  }

  async #removeUnknown({ dryRun }: RebuildOptions): Promise<number> {
    if (!this.#store.keeps) return 0
    let removed = 0
    for await (const ids of this.#store.ids()) {
      if (ids.length === 0) continue
      removed += dryRun ? (await this.#copies.unknown(ids)).length : (await this.#copies.removeUnknown(ids)).length
    }
    return removed
  }
}
