import type { PostRate } from 'post-rate'
import { inFlight } from '../in-flight.ts'
import { pick, seededRandom } from './random.ts'
import { demoPost, demoUser } from './texts.ts'

export interface DemoData {
  posts: number
  users: number
  /** At most posts × users: one user rates a post once. */
  ratings: number
  seed: string
}

export interface DemoProgress {
  onPost?: (done: number) => void
  onRating?: (done: number) => void
}

const ratingsInFlight = 64

/** Makes demo posts and rates them, through the library's own write path. The same seed makes the same data. */
export async function makeDemoData(
  postRate: Pick<PostRate, 'posts' | 'ratings'>,
  data: DemoData,
  signal: AbortSignal,
  { onPost, onRating }: DemoProgress = {},
): Promise<void> {
  const random = seededRandom(data.seed)
  const ids: number[] = []
  // One after the other, so that ids and order are the seed's too.
  for (let n = 0; n < data.posts; n++) {
    signal.throwIfAborted()
    const post = await postRate.posts.create({ ...demoPost(random), createdBy: demoUser(pick(random, data.users)) })
    ids.push(post.id)
    onPost?.(n + 1)
  }
  let done = 0
  await inFlight(
    demoRatings(data, random),
    ratingsInFlight,
    async ({ post, user, score }) => {
      await postRate.ratings.rate({ postId: ids[post] as number, userId: demoUser(user), score })
      onRating?.(++done)
    },
    signal,
  )
}

/** Distinct pairs of post and user, few posts popular and many not, each post with a quality of its own. */
export function* demoRatings(
  { posts, users, ratings }: Omit<DemoData, 'seed'>,
  random: () => number,
): Generator<{ post: number; user: number; score: number }> {
  const quality = Array.from({ length: posts }, () => 1.5 + 3 * random())
  const taken = new Set<number>()
  for (let n = 0; n < ratings; n++) {
    const post = Math.min(posts - 1, Math.floor(posts * random() ** 2))
    let pair = post * users + pick(random, users)
    while (taken.has(pair)) pair = (pair + 1) % (posts * users)
    taken.add(pair)
    const rated = Math.floor(pair / users)
    const noise = (random() + random() + random() - 1.5) * 2
    const score = Math.max(0, Math.min(5, Math.round((quality[rated] as number) + noise)))
    yield { post: rated, user: pair % users, score }
  }
}
