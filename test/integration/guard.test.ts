import type { AddressInfo } from 'node:net'
import { createRouter } from '@post-rate/express'
import type { ExecutionContext } from 'ava'
import express from 'express'
import { Redis } from 'ioredis'
import {
  createPostRate,
  type Displayed,
  type Histogram,
  type Post,
  type RatingChange,
  stepGuard,
  type UnusualActivity,
} from 'post-rate'
import { seededRandom } from '../../packages/cli/src/demo/random.ts'
import { scenarios, tell } from '../../packages/cli/src/simulate/scenarios.ts'
import { makeWorld, vote } from '../../packages/cli/src/simulate/worlds.ts'
import { cleanUp } from '../helpers/clean-up.ts'
import { eventually } from '../helpers/eventually.ts'
import { fullProfile } from '../helpers/full-profile.ts'
import { readTopic } from '../helpers/read-topic.ts'
import { withServices } from '../helpers/requires.ts'

const settings = { windowSeconds: 1, starPerDay: 0.1 }
const windowMs = 1_000 * settings.windowSeconds

withServices('a simulated raid through PUT, relay, Kafka and Redis shows what the pure function says', async (t) => {
  t.timeout(120_000)
  const told: UnusualActivity[] = []
  const { postRate, redis, kafka, get, rate } = await startHost(t, (activity) => told.push(activity))
  const ids = await posts(2)
  const [attacked, other] = ids as [number, number]
  const world = { ...makeWorld('replayed', 1), size: 60, rate: 0.5, opinion: [0, 0, 0, 0, 0.1, 0.9] as const }
  const story = tell(scenarios.find(({ name }) => name === 'burst') as (typeof scenarios)[number], world)

  // Of long ago: they are no news, however slowly they come in.
  const fans = (postId: number, votes: readonly number[]) =>
    ballotsOf('fan', votes).map(([user, score], line) => ({
      line,
      post: postId,
      user,
      score,
      ratedAt: '2026-01-01T00:00:00Z',
    }))
  await postRate.ratings.import([
    ...fans(attacked, vote(seededRandom('fans'), world.size, world.opinion)),
    ...fans(other, [0, 0, 0, 15, 45, 0]),
  ])
  const seen: Post[] = []
  await eventually(async () => (await look()).stats.count === world.size)
  const before = (await look()).stats.average as number
  for (const [window, { change }] of story.attack.slice(0, 8).entries()) {
    const honest = story.honest[window]?.change ?? []
    await Promise.all([people(attacked, `raider ${window} `, change), people(attacked, `guest ${window} `, honest)])
    const until = Date.now() + windowMs
    while (Date.now() < until) {
      await look()
      await new Promise((resolve) => setTimeout(resolve, 150))
    }
  }
  const during = await look()
  // The margin of error of 60 ratings; in these seconds it hardly widens.
  t.true((during.stats.average as number) > before - 2.2 / Math.sqrt(world.size) - 0.01, 'it moved too far')
  t.is(during.stats.guard?.state, 'damped')
  t.true((during.stats.guard?.gap ?? 0) > 1)
  const { items } = await get<{ items: Post[] }>('/api/posts?sort=top')
  t.deepEqual(
    items.map(({ id }) => id),
    [attacked, other],
    'the raid moved the ranking',
  )
  t.like(told[0], { postId: attacked, state: 'armed' })

  // What the guard remembers is the same in both stores.
  t.deepEqual((await postRate.stats.verify()).drift, [])

  // Let go, it is the true average at the promised moment, and the ranking follows.
  t.true(await postRate.guard.release(attacked))
  await eventually(async () => (await look()).stats.guard === null)
  await eventually(async () => told.length === 2)
  t.like(told[1], { postId: attacked, state: 'released', gap: 0 })
  // The order of a page may be up to a second old.
  await eventually(async () => (await get<{ items: Post[] }>('/api/posts?sort=top')).items[0]?.id === other)

  await eventually(async () => (await postRate.status()).outbox?.rows === 0)
  const count = postRate.counters.published
  const messages = (await readTopic<RatingChange>(kafka, count))
    .map(({ value }) => value)
    .filter(({ postId }) => postId === attacked)
  messages.sort((a, b) => a.version - b.version)
  const expected = replay(messages)
  t.true(expected.size > 8)
  for (const { displayed } of messages) {
    const { average, histogram, guard } = displayed
    t.like({ average, histogram, gap: guard?.gap ?? 0 }, expected.get(displayed.asOf) as Shown)
  }
  for (const { stats } of seen.filter(({ stats }) => stats.count > 0)) {
    const { average, histogram, gap } = expected.get(stats.asOf) as Shown
    t.like(stats, { average, histogram })
    t.is(stats.guard?.gap ?? 0, Math.round(gap * 1e4) / 1e4)
  }
  const client = new Redis(redis.url)
  cleanUp(t, () => client.disconnect())
  const last = messages.at(-1) as RatingChange
  t.like(await client.hgetall(`${redis.prefix}{${attacked}}`), {
    version: String(last.version),
    shownAverage: String(last.displayed.average),
    guard: JSON.stringify(last.displayed.guard),
  })
  t.true(seen.some(({ stats }) => (stats.guard?.gap ?? 0) > 1))

  async function posts(n: number): Promise<number[]> {
    const made: number[] = []
    for (let i = 0; i < n; i++)
      made.push((await postRate.posts.create({ title: `Post ${i}`, content: 'Text', createdBy: 'author' })).id)
    return made
  }

  async function look(): Promise<Post> {
    const post = await get<Post>(`/api/posts/${attacked}`)
    seen.push(post)
    return post
  }

  async function people(post: number, name: string, votes: readonly number[]): Promise<void> {
    for (const [user, score] of ballotsOf(name, votes)) t.is((await rate(post, user, score)).status, 200)
  }
})

/** Who gives which score. */
function ballotsOf(name: string, votes: readonly number[]): (readonly [string, number])[] {
  return votes.flatMap((n, score) =>
    Array.from({ length: Math.max(0, n) }, (_, i) => [`${name}${score} ${i}`, score] as const),
  )
}

interface Shown {
  average: number | null
  histogram: Histogram
  gap: number
}

/** What the shipped step makes of the ratings on the topic, window by window, by the moment as of which it is. */
function replay(messages: readonly RatingChange[]): Map<string, Shown> {
  const shown = new Map<string, Shown>()
  let display = null as Displayed | null
  const live = { counts: [0, 0, 0, 0, 0, 0], activity: 0 }
  const say = (now: Displayed) => {
    display = now
    const { counts, average, guard } = now
    shown.set(new Date(now.asOf).toISOString(), { average, histogram: counts, gap: guard?.gap ?? 0 })
  }
  for (const { kind, score, previousScore, activity, displayed } of messages) {
    const asOf = Date.parse(displayed.asOf)
    if (kind === 'rating') {
      if (typeof score === 'number') live.counts[score] = (live.counts[score] ?? 0) + 1
      if (typeof previousScore === 'number') live.counts[previousScore] = (live.counts[previousScore] ?? 0) - 1
      live.activity = activity
    }
    const state = { counts: [...live.counts] as unknown as Histogram, activity: live.activity }
    if (display === null) say({ ...state, average: displayed.average, asOf, guard: null })
    // A release is a state of the same moment; the next step shows what it means.
    else if (asOf === display.asOf)
      display = { ...display, guard: displayed.guard?.memory.released === 1 ? displayed.guard : display.guard }
    else say(stepGuard(display, state, asOf, settings))
  }
  return shown
}

async function startHost(t: ExecutionContext<unknown>, unusualActivity: (activity: UnusualActivity) => void) {
  const { redis, kafka, options } = await fullProfile(t)
  const postRate = createPostRate({
    ...options,
    display: { windowSeconds: settings.windowSeconds, spikeGuard: { starPerDay: settings.starPerDay } },
    hooks: { unusualActivity },
  })
  cleanUp(t, () => postRate.close())
  await postRate.migrate()
  await postRate.start({ relay: true, consumer: true })
  const app = express()
  app.use('/api', createRouter({ postRate, getUser: (req) => req.get('x-user') }))
  const server = app.listen(0, '127.0.0.1')
  cleanUp(t, () => new Promise((resolve) => server.close(resolve)))
  await new Promise((resolve) => server.once('listening', resolve))
  const base = `http://127.0.0.1:${(server.address() as AddressInfo).port}`
  return {
    postRate,
    redis,
    kafka,
    get: async <T>(path: string) => (await (await fetch(base + path)).json()) as T,
    rate: (post: number, user: string, score: number) =>
      fetch(`${base}/api/posts/${post}/rating`, {
        method: 'PUT',
        headers: { 'content-type': 'application/json', 'x-user': encodeURIComponent(user) },
        body: JSON.stringify({ score }),
      }),
  }
}
