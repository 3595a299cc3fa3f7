import { createReadStream } from 'node:fs'
import { inOrder, type ReplayRating } from '../../packages/cli/src/replay/ratings.ts'
import type { RecordedPosts } from '../../packages/cli/src/replay/read-posts.ts'
import { readPosts } from '../../packages/cli/src/replay/read-posts.ts'
import { replay } from '../../packages/cli/src/replay/replay.ts'
import { dayMs, ordinaryPost, start } from './overlay.ts'

const policies = ['guard', 'shift'] as const
const leastRatings = 50

export interface Quiet {
  what: string
  posts: number
  postYears: number
  /** Incidents in all, by policy. */
  incidents: Record<string, number>
}

/** Ordinary traffic of 0.5 to 50 ratings a day, a year of each of five posts. */
export function quietTraffic(): Promise<Quiet[]> {
  const all = [0.5, 5, 50].map((perDay) => {
    const posts = Array.from({ length: 5 }, (_, n) =>
      ordinaryPost({ size: 200, perDay, days: 365, opinion: 'loved', seed: `quiet ${perDay} ${n}` }),
    )
    return quietOf(`${perDay} ratings a day`, posts)
  })
  return Promise.all(all)
}

/** The posts of a file with 50 ratings and more, such as MovieLens' ratings.csv: nobody raids there. */
export async function quietFile(path: string): Promise<Quiet> {
  const { posts } = await readPosts(createReadStream(path), {
    seed: '1',
    range: { low: 0, high: 5 },
    onRejected: () => {},
  })
  const rated = [...(posts as RecordedPosts).values()].filter(({ length }) => length >= leastRatings)
  return quietOf(`posts of ${path.split('/').at(-1)}`, rated.map(inOrder))
}

async function quietOf(what: string, posts: readonly ReplayRating[][]): Promise<Quiet> {
  const reports = await Promise.all(
    posts.map((ratings) => replay(ratings, { windowSeconds: 300, every: 86_400, only: policies })),
  )
  const incidents = Object.fromEntries(
    policies.map((name) => [
      name,
      reports.reduce((sum, report) => sum + (report.find((one) => one.name === name)?.incidents.length ?? 0), 0),
    ]),
  )
  const years = posts.map((ratings) => ((ratings.at(-1)?.at ?? start) - (ratings[0]?.at ?? start)) / (365.25 * dayMs))
  return { what, posts: posts.length, postYears: years.reduce((sum, one) => sum + one, 0), incidents }
}
