import { settingsAt } from '../domain/display-window.ts'
import { sumOf } from '../domain/histogram.ts'
import { checkPostId } from '../domain/ids.ts'
import { type Figures, figuresOf, type ShownStats, showStats } from '../domain/shown-stats.ts'
import { invalidInput } from '../errors.ts'
import type { Clock } from '../ports/clock.ts'
import type { ReadStats } from './read-stats.ts'

const mostIds = 10_000

/** A post's figures as administrators see them. */
export interface PostInspection {
  postId: number
  version: number
  live: Figures
  displayed: ShownStats & { sum: number }
  /** Where they were read from. */
  source: 'redis' | 'postgres'
}

/** Live and displayed figures side by side, for administrators. */
export class InspectStats {
  readonly #stats: ReadStats
  readonly #clock: Clock

  constructor(stats: ReadStats, clock: Clock) {
    this.#stats = stats
    this.#clock = clock
  }

  async inspect(ids: readonly number[]): Promise<PostInspection[]> {
    if (ids.length > mostIds) throw invalidInput('ids', `must be at most ${mostIds}`)
    const wanted = [...new Set(ids.map((id) => checkPostId(id)))]
    if (wanted.length === 0) return []
    const read = await this.#stats.read(wanted, null)
    const now = this.#clock.now()
    return wanted.flatMap((postId) => {
      const stats = read.states.get(postId)
      if (stats === undefined || stats.deleted) return []
      const displayed = showStats(stats, settingsAt(read.settings, postId, now), {
        now,
        watermark: read.watermarkOf(postId),
      })
      const { count, average, histogram, ...promise } = displayed
      return [
        {
          postId,
          version: stats.version,
          live: figuresOf(stats.counts),
          displayed: { count, sum: sumOf(histogram), average, histogram, ...promise },
          source: read.copies.has(postId) ? ('redis' as const) : ('postgres' as const),
        },
      ]
    })
  }
}
