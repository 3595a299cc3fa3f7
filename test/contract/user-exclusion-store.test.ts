import test from 'ava'
import pg from 'pg'
import { repairCounts } from '../../packages/post-rate/src/domain/post-stats.ts'
import { cleanUp } from '../helpers/clean-up.ts'
import { Random } from '../helpers/random.ts'
import { withPostgres } from '../helpers/requires.ts'
import {
  addPosts,
  countsOf,
  declare,
  drained,
  foldAll,
  onMemory,
  onPostgres,
  type PostgresTestRecord,
  suspects,
} from './record.ts'
import { moved, userExclusionStoreCases } from './user-exclusion-store.ts'

const note = { by: 'ada', reason: 'a raid' }
const upsert = `insert into post_rate.ratings (post_id, user_id, score) values ($1, $2, $3)
on conflict (post_id, user_id) do update set score = excluded.score, rated_at = excluded.rated_at
where ratings.score is distinct from excluded.score`

declare('memory', test as never, userExclusionStoreCases, onMemory)
declare('postgres', withPostgres, userExclusionStoreCases, onPostgres)

withPostgres('postgres: SQL by hand keeps to excluded users, for many rows and in any way', async (t) => {
  const record = await onPostgres(t)
  await addPosts(record, 3)
  await moved(record, 'exclude', 'rai', 'cy')
  await record.sql(`insert into post_rate.ratings (post_id, user_id, score)
select p, u, p from generate_series(1, 3) p, unnest(array['rai', 'bo', 'cy']) u`)
  await record.sql(upsert, [1, 'rai', 5])
  await record.sql(`update post_rate.ratings set score = 0 where post_id < 3`)
  await record.sql(`update post_rate.ratings set excluded_rated_at = null where user_id = 'rai'`)
  await record.sql(`delete from post_rate.ratings where user_id = 'cy'`)
  await record.sql(`update post_rate.ratings set user_id = 'cy' where user_id = 'bo' and post_id = 1`)
  await record.sql(`update post_rate.ratings set user_id = 'free' where user_id = 'rai' and post_id = 2`)
  t.deepEqual(
    (await drained(record)).map((told) => told.slice(0, 4)),
    [
      [1, 'bo', null, 1],
      [1, 'bo', 1, 0],
      [1, 'bo', 0, null],
      [2, 'bo', null, 2],
      [2, 'bo', 2, 0],
      [3, 'bo', null, 3],
    ],
  )
  t.deepEqual(await suspects(record), [])
  t.deepEqual(await countsOf(record, [1, 2, 3]), [
    [0, 0, 0, 0, 0, 0],
    [1, 0, 0, 0, 0, 0],
    [0, 0, 0, 1, 0, 0],
  ])
})

withPostgres('postgres: a rating in flight is waited for, before and after', async (t) => {
  const record = await onPostgres(t)
  await addPosts(record, 2)
  const host = await session(t, record)
  for (const action of ['exclude', 'restore'] as const) {
    await host.query('begin')
    await host.query({ text: upsert, values: [1, 'rai', action === 'exclude' ? 1 : 2] })
    await t.throwsAsync(moved(record, action, 'rai'), { code: 'OVERLOADED' })
    await host.query('commit')
    t.deepEqual(await moved(record, action, 'rai'), [1])
    await foldAll(record)
    t.deepEqual(await countsOf(record, [1]), [action === 'exclude' ? [0, 0, 0, 0, 0, 0] : [0, 0, 1, 0, 0, 0]])
  }
  t.deepEqual(await suspects(record), [])
})

withPostgres('postgres: a transaction with an older snapshot cannot rate past an exclusion', async (t) => {
  const record = await onPostgres(t)
  await addPosts(record, 2)
  for (const level of ['repeatable read', 'serializable']) {
    const host = await session(t, record)
    await host.query(`begin isolation level ${level}`)
    await host.query('select from post_rate.posts')
    await moved(record, 'exclude', level)
    await t.throwsAsync(host.query({ text: upsert, values: [1, level, 3] }), { code: '40001' })
    await host.query('rollback')
    await host.query(`begin isolation level ${level}`)
    await host.query({ text: upsert, values: [1, level, 3] })
    // One that rates keeps nobody from excluding for good.
    await t.throwsAsync(moved(record, 'exclude', 'other'), { code: 'OVERLOADED' })
    await host.query('commit')
    await moved(record, 'exclude', 'other')
  }
  await foldAll(record)
  t.deepEqual(await countsOf(record, [1]), [[0, 0, 0, 0, 0, 0]])
  t.deepEqual(await suspects(record), [])
})

withPostgres('postgres: a rating of an excluded user that bypassed the triggers is found, and repaired', async (t) => {
  const record = await onPostgres(t)
  await addPosts(record, 2)
  await moved(record, 'exclude', 'rai')
  await record.sql(`alter table post_rate.ratings disable trigger user;
insert into post_rate.ratings (post_id, user_id, score) values (1, 'rai', 4), (1, 'bo', 4);
alter table post_rate.ratings enable trigger user`)
  const wrong = [{ postId: 1, expected: [0, 0, 0, 0, 1, 0] }]
  t.deepEqual(
    (await suspects(record)).map(({ postId, expected }) => ({ postId, expected })),
    wrong,
  )
  await record.auditStore.repair(await suspects(record), repairCounts)
  t.deepEqual(await suspects(record), [])
  await foldAll(record)
  t.deepEqual(await countsOf(record, [1]), [[0, 0, 0, 0, 1, 0]])
  await moved(record, 'restore', 'rai')
  await foldAll(record)
  t.deepEqual(await countsOf(record, [1]), [[0, 0, 0, 0, 2, 0]])
  t.deepEqual(await suspects(record), [])
})

withPostgres('postgres: what was counted of an excluded user is repaired, too', async (t) => {
  const record = await onPostgres(t)
  await addPosts(record, 1)
  await record.sql(upsert, [1, 'rai', 4])
  await foldAll(record)
  await record.sql(
    `insert into post_rate.excluded_users (user_id, state, reason, excluded_by) values ('rai', 'excluded', 'r', 'b')`,
  )
  t.is((await suspects(record)).length, 1)
  t.is((await record.auditStore.repair(await suspects(record), repairCounts)).length, 1)
  await foldAll(record)
  t.deepEqual(await countsOf(record, [1]), [[0, 0, 0, 0, 0, 0]])
  t.deepEqual(await suspects(record), [])
})

withPostgres('postgres: exclusions, ratings, folds and moderation at once leave exactly what may count', async (t) => {
  const record = await onPostgres(t)
  const other = record.another()
  await addPosts(record, 4)
  const random = new Random(17)
  const from = Date.UTC(2020)
  const users = ['a', 'b', 'c', 'd', 'e']
  const raters = Array.from({ length: 3 }, async () => {
    for (let n = 0; n < 60; n++)
      await record.ratingStore.rate([
        { postId: 1 + random.below(4), userId: random.pick(users), score: random.below(6) as 0 },
      ])
  })
  const patiently = async (work: () => Promise<unknown>) => {
    for (;;) {
      try {
        return await work()
      } catch (error) {
        if ((error as { code?: string }).code !== 'OVERLOADED') throw error
      }
    }
  }
  const userDecisions = async () => {
    for (let n = 0; n < 8; n++) {
      const user = random.pick(users.slice(0, 3))
      await patiently(() => moved(other, n % 3 === 2 ? 'restore' : 'exclude', user))
    }
  }
  const periods = async () => {
    for (let n = 0; n < 8; n++) {
      const period = { postId: 1 + random.below(2), from, to: Date.now() }
      await other.moderationStore.exclude(period, note)
      if (n % 2 === 0) await other.moderationStore.restore(period, note)
    }
  }
  await Promise.all([...raters, userDecisions(), periods(), foldAll(record)])
  await foldAll(record)
  t.deepEqual(await suspects(record), [])
  const right = await record.sql<{ counts: string[] }>(`
select array(select count(r.user_id) from generate_series(0, 5) s left join post_rate.ratings r on r.post_id = p.id and r.score = s
  and r.user_id not in (select user_id from post_rate.excluded_users)
  and not exists (select from post_rate.exclusions e where e.post_id = p.id and e.restored_at is null
    and r.rated_at >= e.starts_at and r.rated_at < least(e.ends_at, e.excluded_at)) group by s order by s) as counts
from post_rate.posts p order by id`)
  t.deepEqual(
    await countsOf(record, [1, 2, 3, 4]),
    right.map(({ counts }) => counts.map(Number)),
  )
})

async function session(t: Parameters<typeof onPostgres>[0], { url }: PostgresTestRecord): Promise<pg.Client> {
  const client = new pg.Client(url)
  await client.connect()
  cleanUp(t, () => client.end())
  return client
}
