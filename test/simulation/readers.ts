import type { Post } from '../../packages/post-rate/src/domain/post.ts'
import type { PostStats } from '../../packages/post-rate/src/domain/post-stats.ts'
import type { ReadStatsResult } from '../../packages/post-rate/src/services/read-stats.ts'
import type { Tally } from './tally.ts'

interface Told {
  at: number
  /** From the store; otherwise from the record, because the store had nothing of the post or did not answer. */
  copy: boolean
  /** The store had as much when the answer was given. */
  stored: boolean
  version: number
  /** Null where nothing was promised. */
  until: number | null
  shown: string
}

export interface ReadersOptions {
  tally: Tally
  fail: (text: string) => void
  /** Whether the record has ever said this, in the history that is now. */
  isTrue: (stats: PostStats) => boolean
  /** The version that the store has; 0 for none. */
  stored: (postId: number) => number
}

/** What readers were told, and whether it holds: versions never decrease, and nothing displayed changes before the promised time. */
export class Readers {
  #told = new Map<number, Told[]>()
  /** What was asked for up to then does not count. */
  #forgotten = 0
  readonly #buried = new Map<number, number>()
  readonly #options: ReadersOptions

  constructor(options: ReadersOptions) {
    this.#options = options
  }

  answered(began: number, posts: readonly Post[], { states, copies }: ReadStatsResult): void {
    if (began <= this.#forgotten) return
    const now = Date.now()
    for (const { id, stats } of posts) {
      const state = states.get(id)
      if (state === undefined || state.version === 0 || !this.#options.isTrue(state)) continue
      // A post that came back is another one.
      if (state.version < (this.#buried.get(id) ?? 0)) continue
      const { nextUpdateAt, ...figures } = stats
      const until = nextUpdateAt === null ? null : Date.parse(nextUpdateAt)
      const { version } = state
      const stored = this.#options.stored(id) >= version
      const told = { at: now, copy: copies.has(id), stored, version, until, shown: JSON.stringify(figures) }
      const earlier = this.#told.get(id) ?? []
      for (const one of earlier) if (one.at <= began) this.#compare(id, one, told)
      this.#told.set(id, [...earlier, told])
    }
  }

  /** The post is gone: readers may see so at once. */
  buried(postId: number, version: number): void {
    this.#buried.set(postId, version)
    this.#told.delete(postId)
  }

  /** What was said up to now does not count any more. */
  forget(): void {
    this.#told.clear()
    this.#forgotten = Date.now()
  }

  #compare(id: number, earlier: Told, now: Told): void {
    const { tally, fail } = this.#options
    const from = now.copy ? 'the store' : 'the record'
    // Who was answered from the record knows more than the store does until it has taken that, too; it shows no more.
    if (now.copy && !earlier.stored) tally.count('answered before the store knew')
    else if (earlier.version > now.version)
      fail(`post ${id} was read at version ${earlier.version}, and later at ${now.version} from ${from}`)
    if (earlier.until === null || earlier.until <= now.at) return
    tally.count('promise kept')
    if (earlier.shown !== now.shown)
      fail(`post ${id} was to show ${earlier.shown} until ${iso(earlier.until)}, and shows ${now.shown} from ${from}`)
  }
}

function iso(time: number): string {
  return new Date(time).toISOString().slice(14, 23)
}
