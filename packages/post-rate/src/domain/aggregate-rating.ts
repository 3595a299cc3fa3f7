import type { ShownStats } from './shown-stats.ts'

/** `AggregateRating` of schema.org, to be put into a page's JSON-LD. */
export interface AggregateRating {
  '@type': 'AggregateRating'
  ratingValue: number
  ratingCount: number
  bestRating: 5
  worstRating: 0
}

/** What search engines may be told: exactly what readers are shown. Null where those see no average. */
export function toAggregateRating({ count, average }: Pick<ShownStats, 'count' | 'average'>): AggregateRating | null {
  if (count === 0 || average === null) return null
  // A scale from 0 is not schema.org's default (1 to 5), so it has to be said.
  return { '@type': 'AggregateRating', ratingValue: average, ratingCount: count, bestRating: 5, worstRating: 0 }
}
