// The host's articles, rated: a TypeScript app whose posts stay in its own table.
import { once } from 'node:events'
import type { AddressInfo } from 'node:net'
import pg from 'pg'
import { createPostRate } from 'post-rate'
import { createApp } from './app.ts'
import { ArticleStore } from './article-store.ts'
import { makeArticles } from './articles-table.ts'

const { DATABASE_URL, PORT = '3000' } = process.env

if (DATABASE_URL) await main(DATABASE_URL)
else {
  console.error('DATABASE_URL is missing, for example postgres://post_rate:post_rate@127.0.0.1:5432/post_rate')
  process.exitCode = 3
}

async function main(connectionString: string): Promise<void> {
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
    const server = createApp(pool, postRate).listen(Number(PORT), '127.0.0.1')
    for (const signal of ['SIGINT', 'SIGTERM']) process.once(signal, () => server.close())
    await once(server, 'listening')
    console.log(`http://127.0.0.1:${(server.address() as AddressInfo).port}/articles`)
    await once(server, 'close')
  } catch (error) {
    console.error(error instanceof Error ? error.message : error)
    process.exitCode = 1
  } finally {
    await postRate.close()
    await pool.end()
  }
}
