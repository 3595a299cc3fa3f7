import type { ExecutionContext } from 'ava'
import type { Incident, PostRate, Quarantine } from 'post-rate'
import { windowEndAt } from '../../packages/post-rate/src/domain/display-window.ts'
import { createTimedPostRate } from '../../packages/post-rate/src/post-rate.ts'
import { cleanUp } from '../helpers/clean-up.ts'
import { eventually } from '../helpers/eventually.ts'
import { withPostgres } from '../helpers/requires.ts'
import { runSql, testDatabase } from '../helpers/test-database.ts'

const who = { by: 'ada', reason: 'a raid' }
const windowMs = 2_000
const raiders = 200
/** 200 ratings whose average is 4.2. */
const fans = Array.from({ length: 200 }, (_, n) => ({ user: `fan${n}`, score: n % 5 === 0 ? 5 : 4 }))
const before = { count: 200, average: 4.2 }

withPostgres('200 zeros in quarantine change nothing that readers see, until they are released', async (t) => {
  t.timeout(90_000)
  const { postRate, url } = await deployment(t, 'all')
  const [decided, undecided] = [await raided(postRate, 'all'), await raided(postRate, 'all')]
  for (const incident of [decided, undecided]) {
    await unchanged(t, postRate, incident.postId, 0.05)
    t.like(await postRate.incidents.get(incident.id), { quarantined: raiders, arrivals: raiders })
  }
  const { postId } = decided
  t.is((await postRate.posts.get(postId, { userId: 'raider3' })).myScore, 0)
  const { buckets, exclusions } = await postRate.posts.history(postId)
  t.is(
    buckets.reduce((sum, { excluded }) => sum + excluded[0], 0),
    raiders,
  )
  t.like(exclusions, [{ reason: 'quarantine', count: raiders }])
  await agrees(t, postRate)

  t.like(await postRate.incidents.release(decided.id, { ...who, dryRun: true }), {
    after: { count: 400, average: 2.1 },
  })
  t.like(await postRate.incidents.release(decided.id, who), { incident: { state: 'released' }, after: { count: 400 } })
  await shows(postRate, postId, { count: 400, average: 2.1 })
  t.like(await postRate.incidents.get(decided.id), { quarantined: 0, scores: [raiders, 0, 0, 0, 0, 0] })
  await agrees(t, postRate)

  await unchanged(t, postRate, undecided.postId, 0.05)
  await runSql(url, 'update post_rate.exclusions set release_at = now() where restored_at is null')
  await eventually(async () => (await live(postRate, undecided.postId))?.count === 400)
  t.like((await postRate.moderation.list(undecided.postId))[0], { restoredBy: 'post-rate', restored: raiders })
  await agrees(t, postRate)
})

withPostgres('new accounts in quarantine are excluded for good, and can be restored', async (t) => {
  t.timeout(90_000)
  const { postRate } = await deployment(t, 'new')
  const incident = await raided(postRate, 'new')
  const { postId, id } = incident
  // One raider of four is established, and counts: the guard holds what they do to the average.
  t.is((await postRate.incidents.get(id))?.quarantined, (raiders * 3) / 4)
  const { average } = (await postRate.posts.get(postId)).stats
  t.true(average !== null && Math.abs(average - before.average) <= 0.16)

  t.like(await postRate.incidents.exclude(id, { ...who, standing: 'new' }), { incident: { state: 'excluded' } })
  const exclusions = await postRate.moderation.list(postId)
  t.like(exclusions[0], { by: 'ada', standing: 'new', restoredAt: null, releaseAt: null })
  t.like(exclusions[1], { by: 'post-rate', restoredBy: 'ada', restored: 0 })
  t.is((await live(postRate, postId))?.count, 200 + raiders / 4)
  t.like(await postRate.incidents.get(id), { quarantined: 0, arrivals: raiders })
  await agrees(t, postRate)
  t.like(await postRate.moderation.restore({ postId, ...who }), { ratings: (raiders * 3) / 4 })
  await eventually(async () => (await live(postRate, postId))?.count === 200 + raiders)
  await agrees(t, postRate)
})

async function deployment(t: ExecutionContext<unknown>, quarantine: Quarantine) {
  const url = await testDatabase(t)
  await runSql(url, `update post_rate.settings set window_seconds = ${windowMs / 1_000}`)
  const postRate = createTimedPostRate({ database: url }, { quarantine: { lookEveryMs: 50, againMs: 50 } })
  cleanUp(t, () => postRate.close())
  await postRate.settings.set({ quarantine, releaseAfterHours: 24 }, who)
  t.like(await postRate.settings.get(), { quarantine, releaseAfterHours: 24 })
  for (const wrong of [{ quarantine: 'some' as Quarantine }, { releaseAfterHours: 0 }])
    await t.throwsAsync(postRate.settings.set(wrong, who), { code: 'INVALID_INPUT' })
  await postRate.start({ relay: true })
  return { postRate, url }
}

/** A post with 200 ratings, and 200 zeros: the first 40 within the window that arms the guard. */
async function raided(postRate: PostRate, quarantine: Quarantine): Promise<Incident> {
  const { id: postId } = await postRate.posts.create({ title: 'Bread', content: 'Flour', createdBy: 'ada' })
  await postRate.ratings.import(
    fans.map((fan, n) => ({
      line: n,
      post: postId,
      ...fan,
      ratedAt: new Date(Date.UTC(2024, 0, n % 28)).toISOString(),
    })),
  )
  await shows(postRate, postId, before)
  const left = windowEndAt(postId, Date.now(), windowMs / 1_000) - Date.now()
  await new Promise((resolve) => setTimeout(resolve, left + 50))
  const raid = (from: number, to: number) =>
    Promise.all(
      Array.from({ length: to - from }, (_, n) =>
        postRate.ratings.rate({ postId, userId: `raider${from + n}`, score: 0, established: (from + n) % 4 === 0 }),
      ),
    )
  await raid(0, 40)
  const incident = await eventually(async () => {
    const [found] = (await postRate.incidents.list({ postId })).items
    return found ?? false
  })
  for (let wave = 40; wave < raiders; wave += 40) await raid(wave, wave + 40)
  const held = quarantine === 'all' ? raiders : (raiders * 3) / 4
  // The count alone passes this figure on its way, before the first wave is held.
  await eventually(async () => (await postRate.incidents.get(incident.id))?.quarantined === held)
  await eventually(async () => (await live(postRate, postId))?.count === 200 + raiders - held)
  return incident
}

async function live(postRate: PostRate, postId: number) {
  return (await postRate.stats.get([postId]))[0]?.live
}

function shows(postRate: PostRate, postId: number, figures: { count: number; average: number }) {
  return eventually(async () => {
    const { count, average } = (await postRate.posts.get(postId)).stats
    return count === figures.count && average === figures.average
  })
}

async function unchanged(t: ExecutionContext<unknown>, postRate: PostRate, postId: number, most: number) {
  await eventually(async () => (await postRate.posts.get(postId)).stats.count === before.count)
  const { average } = (await postRate.posts.get(postId)).stats
  t.true(average !== null && Math.abs(average - before.average) <= most, `${average}`)
}

async function agrees(t: ExecutionContext<unknown>, postRate: PostRate) {
  t.like(await postRate.stats.verify(), { drift: [] })
}
