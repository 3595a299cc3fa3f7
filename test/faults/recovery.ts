import { setTimeout as sleep } from 'node:timers/promises'
import { prefix, type World } from './world.ts'

/** A deployment that has healed does this within so many seconds. */
export const healLimitSeconds = 60

/**
 * Waits until the deployment works from end to end: every API process is ready and accepts a rating, and these ratings
 * arrive in Redis. Resolves to the seconds that took.
 */
export async function recovered(world: World, timeoutMs: number): Promise<{ seconds: number; problem: string | null }> {
  const began = performance.now()
  let problem: string | null = 'nothing was tried'
  while (performance.now() - began < timeoutMs) {
    problem = await works(world).catch((error: unknown) => String(error))
    if (problem === null) break
    await sleep(150)
  }
  return { seconds: (performance.now() - began) / 1000, problem }
}

async function works(world: World): Promise<string | null> {
  const postId = world.random.pick(world.posts)
  for (const [n, url] of world.apiUrls.entries()) {
    const user = `probe-${n}`
    if (!world.ledger.takePair(postId, user)) return 'the pair is taken'
    const accepted = await world.load.rate(url, postId, user, world.random.below(6))
    if (!accepted) return `${url} accepts no rating`
    const ready = await fetch(`${url}/readyz`, { signal: AbortSignal.timeout(6_000) })
    if (!ready.ok) return `${url}: ${await ready.text()}`
  }
  const [row] = await world.sql<{ now: Date }>('select clock_timestamp() as now')
  const written = (row as { now: Date }).now
  for (let tries = 0; tries < 40; tries++) {
    if (await arrived(world, postId, written)) return null
    await sleep(50)
  }
  return `a rating of post ${postId} does not arrive in Redis`
}

/** Everything of the post up to that moment is folded, and Redis has at least that state. */
async function arrived(world: World, postId: number, written: Date): Promise<boolean> {
  const [row] = await world.sql<{ version: string; waiting: string }>(
    `select version, (select count(*) from post_rate.rating_outbox where post_id = $1 and version is null and at <= $2) as waiting
     from post_rate.post_stats where post_id = $1`,
    [postId, written],
  )
  if (row === undefined || row.waiting !== '0') return false
  const version = await world.redisClient.hget(`${prefix}{${postId}}`, 'version')
  return version !== null && Number(version) >= Number(row.version)
}
