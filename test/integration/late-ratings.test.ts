import { setTimeout as sleep } from 'node:timers/promises'
import type { ExecutionContext } from 'ava'
import pg from 'pg'
import { createPostRate, type PostRate } from 'post-rate'
import { cleanUp } from '../helpers/clean-up.ts'
import { eventually } from '../helpers/eventually.ts'
import { withPostgres } from '../helpers/requires.ts'
import { runSql, testDatabase } from '../helpers/test-database.ts'

const timeoutMs = 1_200

async function opened(t: ExecutionContext<unknown>, url: string, database: string | pg.Pool): Promise<PostRate> {
  const postRate = createPostRate({ database })
  cleanUp(t, () => postRate.close())
  await postRate.posts.create({ title: 'A post', content: 'Text.', createdBy: 'author' })
  await postRate.ratings.rate({ postId: 1, userId: 'u', score: 1 })
  t.deepEqual(await stored(url), [['u', 1]])
  return postRate
}

async function stored(url: string): Promise<unknown[]> {
  const rows = await runSql<{ user_id: string; score: number }>(url, 'select * from post_rate.ratings order by user_id')
  return rows.map((row) => [row.user_id, row.score])
}

withPostgres('a rating that was refused while its row was locked is not stored later', async (t) => {
  const url = await testDatabase(t)
  const postRate = await opened(t, url, url)
  const holder = new pg.Client({ connectionString: url })
  await holder.connect()
  cleanUp(t, () => holder.end())
  await holder.query("begin; select from post_rate.ratings where user_id = 'u' for update")
  const refused = { code: 'UNAVAILABLE' } as object
  const given = [
    t.throwsAsync(postRate.ratings.rate({ postId: 1, userId: 'u', score: 5 }), refused),
    t.throwsAsync(postRate.ratings.withdraw({ postId: 1, userId: 'u' }), refused),
  ]
  // Closing refuses what somebody else's lock keeps waiting.
  await sleep(20)
  await Promise.all([postRate.close(), ...given])
  const waiting = "select from pg_stat_activity where datname = current_database() and wait_event_type = 'Lock'"
  await holder.query('commit')
  await eventually(async () => (await runSql(url, waiting)).length === 0)
  t.deepEqual(await stored(url), [['u', 1]])
})

withPostgres('a rating that arrives after it was given up is not stored', async (t) => {
  const url = await testDatabase(t)
  let delayMs = 0
  const pool = new (class extends pg.Pool {
    override connect = (async (...args: Parameters<pg.Pool['connect']>) => {
      await sleep(delayMs)
      return super.connect(...args)
    }) as unknown as pg.Pool['connect']
  })({ connectionString: url, query_timeout: timeoutMs })
  cleanUp(t, () => pool.end())
  const postRate = await opened(t, url, pool)
  delayMs = timeoutMs
  await t.throwsAsync(postRate.ratings.rate({ postId: 1, userId: 'u', score: 5 }), { code: 'UNAVAILABLE' } as object)
  await t.throwsAsync(postRate.ratings.rate({ postId: 1, userId: 'v', score: 5 }), { code: 'UNAVAILABLE' } as object)
  await t.throwsAsync(postRate.ratings.withdraw({ postId: 1, userId: 'u' }), { code: 'UNAVAILABLE' } as object)
  t.deepEqual(await stored(url), [['u', 1]])
})
