import test from 'ava'
import pg from 'pg'
import { cleanUp } from '../helpers/clean-up.ts'
import { eventually } from '../helpers/eventually.ts'
import { withPostgres } from '../helpers/requires.ts'
import { endingWindow, everything, incidentStoreCases, raided } from './incident-store.ts'
import { declare, foldAll, onMemory, onPostgres, wholeShard } from './record.ts'

declare('memory', test as never, incidentStoreCases, onMemory)
declare('postgres', withPostgres, incidentStoreCases, onPostgres)

withPostgres('postgres: a fold that fails at its end leaves no incident; folded again it is one', async (t) => {
  const record = await raided(t, onPostgres)
  const { sql } = record as Awaited<ReturnType<typeof onPostgres>>
  await sql('delete from post_rate.incidents')
  await sql('update post_rate.post_stats set guard = null')
  await sql(
    `create function post_rate.fail() returns trigger language plpgsql as $$ begin raise exception 'full'; end $$`,
  )
  await sql(`create trigger fail before update on post_rate.relay_progress execute function post_rate.fail()`)
  await record.ratingStore.rate([{ postId: 1, userId: 'late', score: 0 }])
  const fold = endingWindow(1, Date.now() - 60_000, { armed: true, gap: 1, quiet: false })
  await t.throwsAsync(record.outbox.fold(wholeShard, 500, fold))
  t.deepEqual(await record.incidentStore.list(everything), [])
  t.deepEqual(await sql('select * from post_rate.incident_events'), [])
  await sql('drop trigger fail on post_rate.relay_progress')
  await record.outbox.fold(wholeShard, 500, fold)
  await foldAll(record)
  t.is((await record.incidentStore.list(everything)).length, 1)
  t.is((await sql('select * from post_rate.incident_events')).length, 2)
})

withPostgres('postgres: a decision that is under way when the guard disarms is not lost', async (t) => {
  const record = await raided(t, onPostgres)
  const { url } = record as Awaited<ReturnType<typeof onPostgres>>
  const client = new pg.Client(url)
  await client.connect()
  cleanUp(t, () => client.end())
  await client.query(
    `begin; update post_rate.incidents set state = 'released', decided_by = 'ada', decided_at = now(), reason = 'news'`,
  )
  await record.ratingStore.rate([{ postId: 1, userId: 'late', score: 0 }])
  const end = Date.now() - 60_000
  const folding = record.outbox.fold(wholeShard, 500, endingWindow(1, end, { armed: false, gap: 0, quiet: false }))
  await eventually(async () => {
    const waiting = await client.query(
      `select 1 from pg_stat_activity where datname = current_database() and wait_event_type = 'Lock'`,
    )
    return waiting.rowCount === 1
  })
  await client.query('commit')
  await folding
  const [incident] = await record.incidentStore.list(everything)
  t.like(incident, { state: 'released', decidedBy: 'ada', to: end })
})

withPostgres('postgres: the share of new raters is told as soon as a standing is known', async (t) => {
  const record = await raided(t, onPostgres)
  const { sql } = record as Awaited<ReturnType<typeof onPostgres>>
  const id = (await record.incidentStore.list(everything))[0]?.id as number
  const share = async () => (await record.incidentStore.get(id))?.newRaters
  t.is(await share(), null)
  await sql('alter table post_rate.ratings add column if not exists established boolean')
  t.is(await share(), null)
  await sql(
    `update post_rate.ratings set established = user_id = 'raider0' where user_id in ('raider0', 'raider1', 'raider2')`,
  )
  t.is(await share(), 2 / 40)
})

withPostgres('postgres: of a year-old incident a summary stays, and old events go', async (t) => {
  const record = await raided(t, onPostgres)
  const { sql } = record as Awaited<ReturnType<typeof onPostgres>>
  await sql(
    `update post_rate.incidents set starts_at = now() - interval '367 days', ends_at = now() - interval '366 days', state = 'expired'`,
  )
  await sql(
    `update post_rate.incident_events set at = now() - interval '2 days', attempts = 3 where receiver = 'webhook'`,
  )
  t.like(await record.incidentStore.figures(), { open: 0, deadLetters: 1 })
  await record.incidentStore.tidy()
  const none = [0, 0, 0, 0, 0, 0]
  const [summary] = await record.incidentStore.list(everything)
  t.like(summary, { state: 'expired', arrivals: 40, largestGap: 2.5 })
  t.deepEqual([summary?.before, summary?.scores], [none, none])
  t.like(await record.incidentStore.figures(), { deadLetters: 1 })
  await sql(`update post_rate.incident_events set at = now() - interval '31 days' where receiver = 'webhook'`)
  await sql(
    `update post_rate.incident_events set at = now() - interval '2 days', delivered_at = now() where receiver = 'hook'`,
  )
  await record.incidentStore.tidy()
  t.deepEqual(await sql('select * from post_rate.incident_events'), [])
})
