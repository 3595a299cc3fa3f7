import { setTimeout as sleep } from 'node:timers/promises'
import { createPostRate, type PostRate } from 'post-rate'
import type { DisturbanceGroup } from './disturbances.ts'
import { prefix, topic, type World } from './world.ts'

/** What the soak counts, by name. */
export class Counts {
  readonly all = new Map<string, number>()

  add(name: string, times = 1): void {
    this.all.set(name, (this.all.get(name) ?? 0) + times)
  }

  toString(): string {
    return [...this.all].map(([name, times]) => `${name} ${times}`).join(', ')
  }
}

export interface Soak {
  world: World
  counts: Counts
  running: boolean
  wrong: string[]
}

/** Repeats work until the soak ends; an error is a figure, since what it works on is disturbed. */
export async function repeat(
  soak: Soak,
  name: string,
  pauseMs: () => number,
  work: () => Promise<void>,
): Promise<void> {
  while (soak.running) {
    try {
      await work()
    } catch (error) {
      soak.counts.add(`${name} failed`)
      soak.world.log(`${name}: ${(error as Error).message}`)
    }
    for (let left = pauseMs(); left > 0 && soak.running; left -= 200) await sleep(Math.min(200, left))
  }
}

export function disturb(soak: Soak, { every, disturbances }: DisturbanceGroup): Promise<void> {
  const { world, counts } = soak
  const pause = () => 1000 * world.random.between(...every)
  return repeat(soak, 'disturbance', pause, async () => {
    const disturbance = world.random.pick(disturbances)
    counts.add(disturbance.name)
    await disturbance.run(world, world.random.between(1, 10))
  })
}

/** Beside the roles: an administrator's library, on the servers themselves. */
export function openLibrary(world: World): PostRate {
  return createPostRate({
    database: world.postgres.url,
    redis: world.redis.url,
    kafka: { brokers: [world.kafka.url], logLevel: 0 },
    topic,
    redisPrefix: prefix,
  })
}

/** Nothing was ever corrupted: an audit whose counts differ tells of a loss. A rebuild also writes copies that were lost. */
export function audits(soak: Soak, postRate: PostRate): Promise<void>[] {
  const { counts, wrong } = soak
  return [
    repeat(
      soak,
      'rebuild',
      () => 8_000,
      async () => {
        const { repaired } = await postRate.stats.rebuild()
        counts.add('rebuilds')
        counts.add('posts written by rebuilds', repaired)
      },
    ),
    repeat(
      soak,
      'verify',
      () => 8_000,
      async () => {
        const { drift } = await postRate.stats.verify({ wait: 20 })
        counts.add('audits')
        const own = ['counts', 'displayed', 'rank']
        for (const { postId, kind, expected, found } of drift)
          if (own.includes(kind)) wrong.push(`verify: post ${postId} ${kind} ${JSON.stringify([expected, found])}`)
      },
    ),
  ]
}

/** Posts come and go, users are erased, while others rate and read. */
export function removals(soak: Soak, postRate: PostRate): Promise<void>[] {
  const { world, counts } = soak
  let erased = 0
  return [
    repeat(
      soak,
      'delete',
      () => 5_000,
      async () => {
        await world.addPosts(1)
        const [postId] = world.posts.splice(world.random.below(world.posts.length), 1) as [number]
        while (world.ledger.isBusy((post) => post === postId)) await sleep(20)
        world.load.promises.retire(postId)
        await persist(soak, () => postRate.posts.delete(postId))
        world.ledger.forget((post) => post === postId)
        counts.add('posts deleted')
      },
    ),
    repeat(
      soak,
      'erase',
      () => 6_000,
      async () => {
        const userId = `leaver-${erased++}`
        // Meanwhile the post may have been deleted.
        for (const postId of world.random.shuffle(world.posts).slice(0, 12))
          if (world.posts.includes(postId) && world.ledger.takePair(postId, userId))
            await world.load.rate(world.random.pick(world.apiUrls), postId, userId, world.random.below(6))
        await persist(soak, () => postRate.users.erase(userId))
        world.ledger.forget((_, user) => user === userId)
        counts.add('users erased')
      },
    ),
  ]
}

/** Until it is done: what is not known to be done is not done. */
async function persist(soak: Soak, work: () => Promise<unknown>): Promise<void> {
  for (;;) {
    try {
      await work()
      return
    } catch {
      soak.counts.add('removals repeated')
      await sleep(500)
    }
  }
}
