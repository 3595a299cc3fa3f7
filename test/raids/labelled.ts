import type { RecordedPosts } from '../../packages/cli/src/replay/read-posts.ts'
import type { PolicyReport } from '../../packages/cli/src/replay/replay.ts'
import { replay } from '../../packages/cli/src/replay/replay.ts'
import { ordinaryPost, overlay } from './overlay.ts'

const warmUpDays = 20
export const sizes = [100, 500, 2_000, 5_000] as const
export const scales = [1, 3, 10] as const

/** One recorded raid over one post. */
export interface Laid {
  incident: string
  size: number
  scale: number
  ratings: number
  honest: number
  policies: PolicyReport[]
}

/** Every recorded raid over ordinary posts of some sizes, as often as recorded, three times and ten times. */
export async function* layOverPosts(incidents: RecordedPosts): AsyncGenerator<Laid> {
  for (const [incident, recorded] of incidents) {
    const raid = recorded.toSorted((a, b) => a.at - b.at)
    const raiders = raid.filter((rating) => rating.raid === true)
    const mean = raiders.reduce((sum, { score }) => sum + score, 0) / raiders.length
    const opinion = mean > 2.5 ? 'middling' : 'loved'
    for (const size of sizes)
      for (const scale of scales) {
        const seed = `${incident} ${scale}`
        const post = ordinaryPost({ size, perDay: size / 100, days: warmUpDays + 10, opinion, seed })
        const ratings = overlay(post, raid, { after: warmUpDays, scale, seed })
        const honest = ratings.filter((rating) => rating.raid !== true).length
        yield {
          incident,
          size,
          scale,
          ratings: ratings.length,
          honest,
          policies: await replay(ratings, { windowSeconds: 300, every: 3_600 }),
        }
      }
  }
}
