import { setTimeout as sleep } from 'node:timers/promises'
import type { ExecutionContext } from 'ava'
import type { PostRate } from 'post-rate'
import { cleanUp } from '../../helpers/clean-up.ts'

/** Rates these posts in turn, up to 200 times a second, until `t` ends. */
export function keepRating(t: ExecutionContext, postRate: PostRate, posts: readonly number[]): void {
  let live = true
  const rating = (async () => {
    for (let n = 0; live; n++) {
      await postRate.ratings.rate({
        postId: posts[n % posts.length] as number,
        userId: `user-${n % 997}`,
        score: n % 6,
      })
      await sleep(5)
    }
  })()
  // What fails meanwhile is heard of in the end.
  rating.catch(() => {})
  cleanUp(t, () => {
    live = false
    return rating
  })
}
