// The host's articles, rated: lists as two users see them, a draft, and an article that goes.
import { setTimeout as sleep } from 'node:timers/promises'
import pg from 'pg'
import { createPostRate, isPostRateError } from 'post-rate'
import { ArticleStore } from './article-store.js'
import { idOf, makeArticles, numberOf } from './articles-table.js'

const { DATABASE_URL } = process.env

if (DATABASE_URL) await main(DATABASE_URL)
else {
  console.error('DATABASE_URL is missing, for example postgres://post_rate:post_rate@127.0.0.1:5432/post_rate')
  process.exitCode = 3
}

/** @param {string} connectionString */
async function main(connectionString) {
  const pool = new pg.Pool({ connectionString, connectionTimeoutMillis: 5_000 })
  const postRate = createPostRate({
    database: pool,
    schema: 'example_articles_ratings',
    overrides: { postStore: new ArticleStore(pool) },
  })
  try {
    await makeArticles(pool)
    await postRate.migrate({ posts: 'external' })
    await postRate.start({ relay: true })
    await useArticles(pool, postRate)
  } catch (error) {
    console.error(error instanceof Error ? error.message : error)
    process.exitCode = 1
  } finally {
    await postRate.close()
    await pool.end()
  }
}

/**
 * @param {pg.Pool} pool
 * @param {import('post-rate').PostRate} postRate
 */
async function useArticles(pool, postRate) {
  const bread = await numberOf(pool, await idOf(pool, 'Bread'))
  const draft = await numberOf(pool, await idOf(pool, 'Knives'))

  await postRate.ratings.rate({ postId: bread, userId: 'ben', score: 5 })
  await postRate.ratings.rate({ postId: draft, userId: 'ada', score: 2 })
  try {
    await postRate.ratings.rate({ postId: draft, userId: 'ben', score: 1 })
  } catch (error) {
    if (!isPostRateError(error)) throw error
    console.log(`ben rates the draft: ${error.code}`)
  }
  // Of a host's own posts, those that were rated have statistics.
  await eventually(async () => (await postRate.stats.get([bread, draft])).length === 2)

  await print(postRate, 'ada')
  await print(postRate, 'ben')

  await pool.query('delete from example_articles.articles where number = $1', [bread])
  await postRate.posts.removed(bread)
  await eventually(async () => (await postRate.stats.get([bread])).length === 0)
  console.log('Bread is removed')
  await print(postRate, 'ben')
}

/**
 * @param {import('post-rate').PostRate} postRate
 * @param {string} userId
 */
async function print(postRate, userId) {
  const { items } = await postRate.posts.list({ sort: 'top', userId })
  const lines = items.map(({ title, stats, myScore }) => {
    return `${title} (average ${stats.average ?? 'none'}, own ${myScore ?? 'none'})`
  })
  console.log(`${userId} sees: ${lines.join(', ')}`)
}

/** @param {() => Promise<boolean>} attempt */
async function eventually(attempt) {
  while (!(await attempt())) await sleep(50)
}
