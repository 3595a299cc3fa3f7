import { settingsAt } from '../domain/display-window.ts'
import { emptyHistogram } from '../domain/histogram.ts'
import type { PostStats } from '../domain/post-stats.ts'
import { type RecentFigure, recentFigure, recentPeriod } from '../domain/recent-figure.ts'
import type { Settings } from '../domain/settings.ts'
import type { ReadingTime } from '../domain/shown-stats.ts'
import type { RecordReader } from '../ports/record-reader.ts'

/**
 * The recent figures of posts, counted from the ratings themselves, once a window for each page that is kept: nothing has
 * to be kept up to date where nobody wants them. Costs what the posts' ratings cost to read.
 */
export class RecentFigures {
  readonly #record: RecordReader
  readonly #days: number | null

  /** `days`: null where no recent figure is wanted. */
  constructor(record: RecordReader, days: number | null) {
    this.#record = record
    this.#days = days
  }

  /** By post; empty where none is wanted. `timeOf` says how far a post's state is known to be complete. */
  async read(
    states: readonly PostStats[],
    settings: Settings,
    timeOf: (postId: number) => ReadingTime,
  ): Promise<ReadonlyMap<number, RecentFigure>> {
    const days = this.#days
    if (days === null || states.length === 0) return new Map()
    const inForce = (postId: number) => settingsAt(settings, postId, timeOf(postId).now)
    const periods = states.map((stats) => recentPeriod(stats, inForce(stats.postId), timeOf(stats.postId), days))
    const found = await this.#record.ratedWithin(periods)
    return new Map(
      periods.map(({ postId }) => {
        const counts = found.get(postId) ?? emptyHistogram
        return [postId, recentFigure(counts, days, inForce(postId).minCount)]
      }),
    )
  }
}
