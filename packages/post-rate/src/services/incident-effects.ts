import { averageOf, countOf, type Histogram } from '../domain/histogram.ts'
import type { PostStats } from '../domain/post-stats.ts'
import { rankOf } from '../domain/ranking.ts'
import type { ModerationReport } from './moderate-ratings.ts'

/** The figures of a post. `rank` is the figure that `sort=top` orders by. */
export interface Effect {
  count: number
  average: number | null
  rank: number
}

interface Effects {
  before: Effect
  after: Effect
}

type Prior = Parameters<typeof rankOf>[1]

/** The effect of a release: the displayed figures, and the true figures with the ratings that were in quarantine. */
export function effectsOfRelease(stats: PostStats | undefined, quarantined: Histogram, prior: Prior): Effects {
  const nothing = { count: 0, average: null, rank: prior.mean }
  if (stats === undefined) return { before: nothing, after: nothing }
  const { displayed, counts } = stats
  return {
    before: {
      count: countOf(displayed.counts),
      average: displayed.average,
      rank: Number(rankOf(displayed, prior)),
    },
    after: effectOf(counts.map((n, score) => n + (quarantined[score] ?? 0)) as unknown as Histogram, prior),
  }
}

/** The effect of an exclusion: the true figures before and after it. */
export function effectsOfExclusion(
  { ratings, before, after }: ModerationReport,
  prior: Prior,
): Effects & { ratings: number } {
  return { ratings, before: effectOf(before.histogram, prior), after: effectOf(after.histogram, prior) }
}

function effectOf(counts: Histogram, prior: Prior): Effect {
  const average = averageOf(counts)
  const rank = rankOf({ counts, average, asOf: 0, activity: 0, guard: null }, prior)
  return { count: countOf(counts), average, rank: Number(rank) }
}
