import { setTimeout as sleep } from 'node:timers/promises'
import type { RequestHandler } from 'express'
import type { Post, PostRate } from 'post-rate'

/** How many ratings a raid has in each of its seconds. */
const waves = [4, 9, 16, 24, 30, 34, 32, 28, 25, 22, 20, 18, 15, 13, 10]
const size = waves.reduce((sum, wave) => sum + wave, 0)

/**
 * `POST /raid` of `dev`: accounts that nobody has seen before give the most rated of the newest posts zeros, through the
 * library's own write path. Answers with the post at once, and with the same one while its raid goes on. It takes JSON only,
 * which no page of another site can send.
 */
export function raidHandler(
  postRate: Pick<PostRate, 'posts' | 'ratings'>,
  signal: AbortSignal,
  failed: (error: unknown) => void,
): RequestHandler {
  let raided: Post | null = null
  const start = async (): Promise<Post> => {
    if (raided !== null) return raided
    const post = await mostRated(postRate)
    raided = post
    raid(postRate, post.id, signal)
      .catch((error: unknown) => {
        if (!signal.aborted) failed(error)
      })
      .finally(() => {
        raided = null
      })
    return post
  }
  return (req, res, next) => {
    if (req.method !== 'POST' || !req.is('application/json')) return next()
    start().then(({ id, title }) => res.status(202).json({ postId: id, title, ratings: size }), next)
  }
}

async function mostRated({ posts }: Pick<PostRate, 'posts'>): Promise<Post> {
  const { items } = await posts.list({ limit: 100 })
  const [first, ...others] = items
  if (first === undefined) throw new Error('There is no post to raid: create one first.')
  return others.reduce((most, post) => (post.stats.count > most.stats.count ? post : most), first)
}

async function raid(
  { ratings: { rate } }: Pick<PostRate, 'ratings'>,
  postId: number,
  signal: AbortSignal,
): Promise<void> {
  const name = `raider-${Date.now().toString(36)}`
  let sent = 0
  for (const wave of waves) {
    const ratings = Array.from({ length: wave }, (_, n) => ({
      ...{ postId, userId: `${name}-${sent + n}` },
      ...{ score: n % 10 === 9 ? 1 : 0, established: n % 4 === 0 },
    }))
    await Promise.all(ratings.map(rate))
    sent += wave
    await sleep(1000, undefined, { signal })
  }
}
