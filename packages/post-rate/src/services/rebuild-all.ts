import { randomUUID } from 'node:crypto'
import { PostRateError } from '../errors.ts'
import type { RebuildProgress, RebuildRun, RebuildStore } from '../ports/rebuild-store.ts'
import type { RebuildOptions, RebuildReport, RebuildStats } from './rebuild-stats.ts'

const saveEveryMs = 250
/** Several times what a save that is late may take. */
const deadAfterSeconds = 8
/** What was looked at longer ago may have changed since. */
const staleAfterSeconds = 3_600

/**
 * The rebuild of all posts as one run that a kill does not undo: its progress is kept in the database, the next rebuild
 * goes on behind the ranges that are finished, and two do not do the same work at once. Nothing of the result rests on
 * it; a repair is exact however many run.
 */
export class RebuildAll {
  readonly #rebuild: RebuildStats
  readonly #runs: RebuildStore
  readonly #process: string

  /** `process`: by which others know this one. */
  constructor(rebuild: RebuildStats, runs: RebuildStore, process: string) {
    this.#rebuild = rebuild
    this.#runs = runs
    this.#process = process
  }

  /** Single posts and dry runs are no run of their own. @throws PostRateError OVERLOADED while another is at work */
  async rebuild(request: RebuildOptions): Promise<RebuildReport> {
    if (request.ids !== undefined || request.dryRun) return this.#rebuild.rebuild(request)
    request.signal?.throwIfAborted()
    const holder = `${this.#process} (${randomUUID().slice(0, 8)})`
    const run = await this.#runs.take(holder, {
      restart: request.restart ?? false,
      deadAfterSeconds,
      staleAfterSeconds,
    })
    if (run.holder !== holder) throw atWork(run)
    if (run.posts > 0 || run.repaired > 0) request.onResume?.({ ...run })
    return this.#work(holder, run, request)
  }

  async #work(holder: string, run: RebuildRun, request: RebuildOptions): Promise<RebuildReport> {
    const began = performance.now()
    const { last, posts, repaired } = run
    const progress: RebuildProgress = { last, posts, repaired, seconds: run.seconds }
    const stop = new AbortController()
    const save = async () => {
      progress.seconds = Math.round(run.seconds * 1000 + performance.now() - began) / 1000
      if (!(await this.#runs.save(holder, progress))) stop.abort(takenOver())
    }
    let saving: Promise<void> | null = null
    const timer = setInterval(() => {
      // While the database is away the rebuild itself says so.
      saving ??= save()
        .catch(() => {})
        .finally(() => {
          saving = null
        })
    }, saveEveryMs)
    let finished = false
    try {
      const report = await this.#rebuild.rebuild({
        ...request,
        signal: request.signal ? AbortSignal.any([request.signal, stop.signal]) : stop.signal,
        resume: { last, posts, repaired },
        onProgress: (seen) => {
          progress.repaired = seen.found
          request.onProgress?.(seen)
        },
        onRange: (range) => Object.assign(progress, range),
      })
      await save()
      stop.signal.throwIfAborted()
      finished = true
      return { ...report, seconds: progress.seconds }
    } finally {
      clearInterval(timer)
      await saving
      if (!finished) await save().catch(() => {})
      await this.#runs.leave(holder, finished).catch((error: unknown) => {
        if (finished) throw error
      })
    }
  }
}

function atWork({ holder, beganAt, posts, repaired, silentSeconds }: RebuildRun): PostRateError {
  const silent = Math.ceil(silentSeconds)
  return new PostRateError(
    'OVERLOADED',
    `A rebuild is at work already: ${holder}, since ${beganAt}, ${posts} posts done, ${repaired} repaired, last heard of ${silent} s ago. Wait for it. If it was killed, \`post-rate stats rebuild\` goes on there in ${Math.max(1, deadAfterSeconds + 1 - silent)} s.`,
  )
}

function takenOver(): PostRateError {
  return new PostRateError(
    'OVERLOADED',
    `Another rebuild has taken this one over, since nothing was heard of it for ${deadAfterSeconds} s. Nothing is lost.`,
  )
}
