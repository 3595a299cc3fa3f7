import type { ExecutionContext } from 'ava'
import type { IncidentEvent, PostRate, PostRateOptions } from 'post-rate'
import { createTimedPostRate } from '../../packages/post-rate/src/post-rate.ts'
import { cleanUp } from '../helpers/clean-up.ts'
import { eventually } from '../helpers/eventually.ts'
import { withPostgres } from '../helpers/requires.ts'
import { runSql, testDatabase } from '../helpers/test-database.ts'
import { receiveWebhooks, webhookSecret } from '../helpers/webhook-receiver.ts'

const who = { by: 'ada', reason: 'a raid' }

withPostgres('a raid opens one incident, whatever the relays go through, and people decide about it', async (t) => {
  t.timeout(60_000)
  const url = await testDatabase(t)
  await runSql(url, 'update post_rate.settings set window_seconds = 1')
  const { url: address, received } = await receiveWebhooks(t, (before) => (before.length < 2 ? 500 : 204))
  const webhook = { url: address, secret: webhookSecret }
  const told: IncidentEvent[] = []
  const postRate = open(t, { database: url, webhook, hooks: { incident: (event) => told.push(event) } })
  const { id: postId } = await postRate.posts.create({ title: 'Bread', content: 'Flour', createdBy: 'ada' })
  const fans = Array.from({ length: 20 }, (_, line) => ({ line, post: postId, user: `fan${line}`, score: 5 }))
  await postRate.ratings.import(fans.map((fan) => ({ ...fan, ratedAt: '2020-01-01T00:00:00Z' })))
  const relays = [open(t, { database: url, webhook }), postRate]
  for (const relay of relays) await relay.start({ relay: true })
  await eventually(async () => (await postRate.posts.get(postId)).stats.count === 20)

  // Connections are cut in the middle of the raid, and the first relay ends.
  for (const wave of [0, 1, 2]) {
    const zeros = Array.from({ length: 20 }, (_, n) => ({ postId, userId: `raider${wave}/${n}`, score: 0 }))
    await Promise.all(zeros.map((rating) => postRate.ratings.rate(rating)))
    await runSql(
      url,
      'select pg_terminate_backend(pid) from pg_stat_activity where datname = current_database() and pid <> pg_backend_pid()',
    )
    if (wave === 1) await relays[0]?.close()
  }
  await eventually(async () => (await incidents(postRate))[0]?.arrivals === 60)
  await eventually(async () => (await postRate.stats.get([postId]))[0]?.displayed.count === 80)
  const [incident, ...others] = await incidents(postRate)
  t.deepEqual(others, [])
  t.like(incident, { postId, state: 'open', to: null, scores: [60, 0, 0, 0, 0, 0], before: [0, 0, 0, 0, 0, 20] })
  const { id, largestGap } = incident as NonNullable<typeof incident>
  t.true(largestGap > 2)
  t.deepEqual(await postRate.incidents.get(id), { ...incident, newRaters: null } as typeof incident)
  t.like((await postRate.status()).incidents, { open: 1, deadLetters: 0 })

  // The webhook refused twice: the same delivery came again.
  await eventually(async () => received.length === 3)
  t.deepEqual(
    received.map(({ event, genuine }) => [event.id, event.kind, event.incident.id, genuine]),
    Array.from({ length: 3 }, () => [received[0]?.event.id, 'opened', id, true]),
  )

  const plan = await postRate.incidents.exclude(id, { ...who, dryRun: true })
  t.like(plan, { ratings: 60, before: { count: 80, average: 1.25 }, after: { count: 20, average: 5 } })
  t.true(plan.before.rank < plan.after.rank)
  t.like(plan.incident, { id, state: 'open' })
  t.like(await postRate.incidents.release(id, { ...who, dryRun: true }), { ratings: 0, after: { average: 1.25 } })
  t.deepEqual([await postRate.audit.list(), await postRate.moderation.list()], [[], []])

  t.like(await postRate.incidents.exclude(id, who), {
    ratings: 60,
    incident: { id, state: 'excluded', decidedBy: 'ada' },
  })
  await eventually(async () => (await postRate.posts.get(postId)).stats.count === 20)
  t.like((await postRate.stats.get([postId]))[0]?.live, { average: 5 })
  t.like(await postRate.incidents.get(id), { arrivals: 60, scores: [60, 0, 0, 0, 0, 0], reason: 'a raid' })
  t.like(await postRate.incidents.exclude(id, who), { ratings: 0, incident: { state: 'excluded' } })
  await t.throwsAsync(postRate.incidents.release(id, who), { code: 'INVALID_INPUT', message: /restore post 1 from/ })

  t.like(await postRate.moderation.restore({ postId, ...who }), { ratings: 60 })
  t.like(await postRate.incidents.release(id, who), { incident: { id, state: 'released' } })
  await eventually(async () => (await postRate.incidents.get(id))?.to !== null)
  await eventually(async () => (await postRate.posts.get(postId)).stats.count === 80)
  t.like(await postRate.posts.get(postId), { stats: { average: 1.25, guard: null } })
  t.is((await incidents(postRate)).length, 1)
  const kinds = ['opened', 'decided', 'decided', 'closed']
  await eventually(async () => told.length === 4 && received.length === 6)
  t.deepEqual(told.map(({ kind }) => kind).sort(), [...kinds].sort())
  t.deepEqual(new Set(told.map((event) => event.id)), new Set(received.map(({ event }) => event.id)))
  t.true(received.every(({ genuine }) => genuine))
  const entries = (await postRate.audit.list()).filter(({ action }) => action.startsWith('incidents '))
  const decisions = entries.map(({ action, by, subject, outcome }) => [action, by, subject, outcome])
  t.deepEqual(decisions, [
    ['incidents release', 'ada', `incident ${id} of post ${postId}`, { ratings: 0 }],
    ['incidents exclude', 'ada', `incident ${id} of post ${postId}`, { ratings: 0 }],
    ['incidents exclude', 'ada', `incident ${id} of post ${postId}`, { ratings: 60 }],
  ])

  t.is(await postRate.incidents.get(999), null)
  await t.throwsAsync(postRate.incidents.exclude(999, who), { code: 'INVALID_INPUT', message: /id: .*999/ })
  await t.throwsAsync(postRate.incidents.exclude(id, { ...who, reason: '' }), {
    code: 'INVALID_INPUT',
    message: /^reason/,
  })
  await t.throwsAsync(postRate.incidents.list({ limit: 0 }), { code: 'INVALID_INPUT', message: /^limit/ })
  await postRate.posts.delete(postId)
  await eventually(async () => (await incidents(postRate)).length === 0)
  t.deepEqual(await runSql(url, 'select * from post_rate.incident_events'), [])
})

withPostgres('what no receiver got in time is given up and counted', async (t) => {
  const url = await testDatabase(t)
  await runSql(url, `insert into post_rate.incidents (post_id, starts_at) values (1, now() - interval '2 days')`)
  await runSql(
    url,
    `insert into post_rate.incident_events (receiver, incident_id, kind, incident, at, attempts)
select 'webhook', id, 'opened', '{}', now() - interval '25 hours', 20 from post_rate.incidents`,
  )
  const { url: address, received } = await receiveWebhooks(t)
  const postRate = open(t, { database: url, webhook: { url: address, secret: webhookSecret } })
  await postRate.start({ relay: true })
  await runSql(
    url,
    `insert into post_rate.incident_events (receiver, incident_id, kind, incident)
select 'webhook', id, 'closed', '{}' from post_rate.incidents`,
  )
  await eventually(async () => received.length === 1)
  t.is(received[0]?.event.kind, 'closed')
  const { incidents: figures } = await postRate.status()
  t.like(figures, { open: 1, deadLetters: 1 })
  t.true((figures?.oldestSeconds ?? 0) > 172_000)
})

async function incidents(postRate: PostRate) {
  return (await postRate.incidents.list()).items
}

function open(t: ExecutionContext<unknown>, options: PostRateOptions): PostRate {
  const relay = { leaseSeconds: 2, renewEveryMs: 300, retryMs: 50 }
  const deliveries = { pollMs: 50, retryMs: 50, leaseSeconds: 5, firstPauseSeconds: 0.1 }
  const postRate = createTimedPostRate(options, { relay, incidents: deliveries, settingsMaxAgeSeconds: 1 })
  cleanUp(t, () => postRate.close())
  return postRate
}
