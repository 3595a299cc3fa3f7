import pg from 'pg'
import { foldBatch } from '../../packages/post-rate/src/services/relay-outbox.ts'
import { cleanUp } from '../helpers/clean-up.ts'
import { withPostgres } from '../helpers/requires.ts'
import { addPosts, onPostgres } from './record.ts'

const [rows, batch] = [60_000, 10_000]
const all = { index: 0, count: 1 }

/** Autovacuum looks at the outbox once a minute, and finds it empty as a rule: what it says then holds while it fills. */
const statistics: Record<string, readonly string[]> = {
  'of an empty outbox': ['vacuum analyze post_rate.rating_outbox'],
  'of an outbox with one row among the dead of many': [
    `insert into post_rate.ratings (post_id, user_id, score) select 1 + n % 100, 'early-' || n, 3 from generate_series(1, ${rows}) n`,
    'update post_rate.rating_outbox set version = 1',
    'delete from post_rate.rating_outbox where id < (select max(id) from post_rate.rating_outbox)',
    'vacuum analyze post_rate.rating_outbox',
    'delete from post_rate.rating_outbox',
  ],
}

for (const [which, statements] of Object.entries(statistics))
  withPostgres(
    `postgres: a batch costs what it has, whatever waits behind it and with statistics ${which}`,
    async (t) => {
      const record = await onPostgres(t)
      await addPosts(record, 100)
      await record.sql('alter table post_rate.rating_outbox set (autovacuum_enabled = off)')
      for (const statement of statements) await record.sql(statement)
      await record.sql(
        `insert into post_rate.ratings (post_id, user_id, score) select 1 + n % 100, 'u' || n, 3 from generate_series(1, ${rows}) n`,
      )
      // One that went through all of the outbox for each of its rows would meet the time limit of its transaction.
      for (let n = 0; n < 2; n++) {
        const { events, changes } = await record.outbox.fold(all, batch, foldBatch)
        t.is(events, batch)
        await record.outbox.acknowledge(changes.map(({ id }) => id))
      }
      t.is((await record.outbox.unpublished(all, batch)).length, 0)
    },
  )

withPostgres('postgres: a statement that waits for a lock says so, not that the server is away', async (t) => {
  const record = await onPostgres(t)
  await addPosts(record, 1)
  await record.outbox.fold(all, batch, foldBatch)
  await record.ratingStore.rate([{ postId: 1, userId: 'u', score: 3 }])
  const holder = new pg.Client(record.url)
  await holder.connect()
  cleanUp(t, () => holder.end())
  await holder.query('begin; select from post_rate.relay_progress for update')
  const error = await t.throwsAsync(record.outbox.fold(all, batch, foldBatch), { code: 'UNAVAILABLE' })
  t.regex(
    error.message,
    /^Cannot use PostgreSQL at .*: a statement took longer than it may\. Look at `pg_stat_activity`/,
  )
  await holder.query('rollback')
  t.is((await record.outbox.fold(all, batch, foldBatch)).events, 1)
})
