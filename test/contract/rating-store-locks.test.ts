import type { ExecutionContext } from 'ava'
import pg from 'pg'
import { createContainer, partOf } from '../../packages/post-rate/src/container.ts'
import type { RatingReceipt, Score } from '../../packages/post-rate/src/domain/rating.ts'
import { cleanUp } from '../helpers/clean-up.ts'
import { withPostgres } from '../helpers/requires.ts'
import { addPosts, onPostgres } from './record.ts'

/** A transaction of somebody else's, in which `statements` were run and which stays open. */
async function holding(t: ExecutionContext<unknown>, url: string, ...statements: string[]): Promise<pg.Client> {
  const holder = new pg.Client({ connectionString: url })
  await holder.connect()
  cleanUp(t, () => holder.end())
  await holder.query('begin')
  for (const statement of statements) await holder.query(statement)
  return holder
}

const rating = (postId: number, userId: string, score: Score = 5) => ({ postId, userId, score })
const brief = (outcome: unknown) => (typeof outcome === 'object' ? (outcome as RatingReceipt).previousScore : outcome)

withPostgres('a batch leaves out what is locked, stores the rest, and says which is which', async (t) => {
  const record = await onPostgres(t)
  await addPosts(record, 3)
  await record.ratingStore.rate([rating(1, 'a', 1), rating(1, 'b', 1), rating(2, 'a', 1)])
  const holder = await holding(
    t,
    record.url,
    "select from post_rate.ratings where post_id = 1 and user_id = 'a' for update",
    'select from post_rate.posts where id = 3 for update',
  )
  const began = performance.now()
  const batch = [rating(1, 'a'), rating(1, 'b'), rating(2, 'a'), rating(3, 'new'), rating(2, 'new'), rating(99, 'a')]
  t.deepEqual((await record.ratingStore.rate(batch)).map(brief), ['locked', 1, 1, 'locked', null, undefined])
  // Nobody was waited for. A batch that waits ends after 200 ms, and stores nothing.
  t.true(performance.now() - began < 5_000)
  t.deepEqual(await record.ratingStore.withdraw([rating(1, 'a'), rating(1, 'b'), rating(3, 'x'), rating(99, 'a')]), [
    'locked',
    true,
    true,
    false,
  ])
  t.like(
    await record.ratingStore.import(
      ['a', 'b'].map((userId) => ({ ...rating(1, userId, 2), ratedAt: Date.now() + 1_000 })),
      { createPosts: false },
    ),
    { changed: 1, unchanged: 0, locked: [0] },
  )
  await t.throwsAsync(record.ratingStore.erase('a'), { code: 'OVERLOADED' } as object)
  await holder.query('rollback')
  t.deepEqual((await record.ratingStore.rate([rating(1, 'a'), rating(2, 'a')])).map(brief), [1, null])
})

withPostgres(
  'a rating waits a moment for a first one that is not committed, and then batches pass it by',
  async (t) => {
    const record = await onPostgres(t)
    await addPosts(record, 2)
    const holder = await holding(
      t,
      record.url,
      "insert into post_rate.ratings (post_id, user_id, score) values (1, 'a', 3), (1, 'b', 3)",
    )
    const locked = async (...batch: ReturnType<typeof rating>[]) => {
      const answer = record.ratingStore.rate(batch).then((outcomes) => outcomes.map(brief))
      const late = new Promise((resolve) => setTimeout(resolve, 10_000, 'it still waits').unref())
      return Promise.race([answer, late])
    }
    t.deepEqual(await locked(rating(1, 'a')), ['locked'])
    t.deepEqual(await locked(rating(1, 'b'), rating(2, 'a')), ['locked', 'locked'])
    t.deepEqual(await locked(rating(1, 'b')), ['locked'])
    t.deepEqual(await locked(rating(1, 'b'), rating(2, 'a')), ['locked', null])
    await holder.query('rollback')
    t.deepEqual(await locked(rating(1, 'a')), [null])
  },
)

withPostgres('a session keeps the lock_timeout of its own', async (t) => {
  const { url } = await onPostgres(t)
  const pool = new pg.Pool({ connectionString: url, max: 1, options: '-c lock_timeout=7s' })
  cleanUp(t, () => pool.end())
  const container = createContainer({ database: pool })
  cleanUp(t, () => partOf(container, 'database').close())
  await pool.query("insert into post_rate.posts (title, content, created_by) values ('T', 'C', 'a')")
  await partOf(container, 'ratingStore').rate([rating(1, 'a')])
  await partOf(container, 'ratingStore').rate([rating(1, 'a', 3), rating(1, 'b')])
  t.deepEqual((await pool.query('show lock_timeout')).rows, [{ lock_timeout: '7s' }])
})
