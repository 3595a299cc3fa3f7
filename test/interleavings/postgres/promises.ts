import { settingsAt } from '../../../packages/post-rate/src/domain/display-window.ts'
import type { PostStats } from '../../../packages/post-rate/src/domain/post-stats.ts'
import type { DatedSettings, DisplayPolicyName } from '../../../packages/post-rate/src/domain/settings.ts'
import { showStats } from '../../../packages/post-rate/src/domain/shown-stats.ts'
import type { Observation, OutboxRow, StatsObserved } from './observer.ts'

interface Promised {
  shown: string
  until: number
}

/**
 * At every moment a reader could have read; what the shipped answer promised is then held against what is displayed
 * later. A deleted post is gone at once.
 */
export function brokenPromises(history: readonly Observation[]): string[] {
  const wrong: string[] = []
  const promises = new Map<number, Promised>()
  for (const seen of history)
    for (const row of seen.stats) {
      const shown = JSON.stringify([row.displayed_counts, row.displayed_average])
      const promise = promises.get(row.post_id)
      const gone = row.deleted || isGone(row.post_id, seen)
      if (gone) promises.delete(row.post_id)
      else if (promise && promise.shown !== shown && seen.now < promise.until)
        wrong.push(
          `post ${row.post_id} shows ${shown} instead of ${promise.shown}, promised until ${new Date(promise.until).toISOString()}`,
        )
      const until = gone ? null : promisedBy(row, seen)
      if (until !== null && until > seen.now) promises.set(row.post_id, { shown, until })
    }
  return wrong
}

/** Deleted, perhaps to be made anew: what is left of the old post's figures is not the new one's promise. */
function isGone(postId: number, { posts, outbox }: Observation): boolean {
  const leaves = ({ kind, post_id, version }: OutboxRow) => kind === 'deleted' && post_id === postId && version === null
  return !posts.includes(postId) || outbox.some(leaves)
}

function promisedBy(row: StatsObserved, { now, watermark, settings }: Observation): number | null {
  const dated: DatedSettings = {
    display: settings.display as DisplayPolicyName,
    windowSeconds: settings.window_seconds,
    prior: { weight: 1, mean: 1 },
    starPerDay: 1,
    minCount: 0,
    effectiveAt: Date.parse(settings.effective_at),
    previous: settings.previous as DatedSettings | null,
  }
  const stats: PostStats = {
    postId: row.post_id,
    version: row.version,
    counts: row.counts as unknown as PostStats['counts'],
    activity: row.activity,
    displayed: {
      counts: row.displayed_counts as unknown as PostStats['counts'],
      average: row.displayed_average,
      asOf: Date.parse(row.as_of),
      activity: 0,
      guard: null,
    },
    windowEnd: row.window_end === null ? null : Date.parse(row.window_end),
    stepAt: row.step_at === null ? null : Date.parse(row.step_at),
    deleted: row.deleted,
  }
  const { nextUpdateAt } = showStats(stats, settingsAt(dated, row.post_id, now), { now, watermark })
  return nextUpdateAt === null ? null : Date.parse(nextUpdateAt)
}
