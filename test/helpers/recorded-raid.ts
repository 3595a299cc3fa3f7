import { seededRandom } from '../../packages/cli/src/demo/random.ts'
import type { RecordedRating } from '../../packages/cli/src/replay/ratings.ts'

const dayMs = 86_400_000
export const recordedFrom = Date.UTC(2026, 2, 1)
/** The first rating of the raid comes after it. */
export const raidFrom = recordedFrom + 20 * dayMs

/** Ten ratings a day for 24 days, 240 in all, and a raid: 200 zeros in half an hour, most of them of new accounts. In no order of time. */
export function recordedRaid(): RecordedRating[] {
  const random = seededRandom('recorded raid')
  const honest = Array.from({ length: 240 }, (_, n): RecordedRating => {
    const at = recordedFrom + Math.floor(((n + random()) / 10) * dayMs)
    return { at, score: 3 + Math.floor(3 * random()), user: `honest ${n}`, raid: false, established: n % 5 !== 0 }
  })
  const raid = Array.from({ length: 200 }, (_, n): RecordedRating => {
    const at = raidFrom + Math.floor(random() * 1_800_000)
    return { at, score: 0, user: `raider ${n}`, raid: true, established: n % 4 === 0 }
  })
  return [...raid, ...honest]
}
