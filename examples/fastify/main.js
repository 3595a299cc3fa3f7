// Ratings behind Fastify: the library alone, with routes of the host's own.
import { createPostRate } from 'post-rate'
import { createApp } from './app.js'

const { DATABASE_URL, PORT = '3000' } = process.env

if (DATABASE_URL) await main(DATABASE_URL)
else {
  console.error('DATABASE_URL is missing, for example postgres://post_rate:post_rate@127.0.0.1:5432/post_rate')
  process.exitCode = 3
}

/** @param {string} database */
async function main(database) {
  const postRate = createPostRate({ database })
  const app = createApp(postRate)
  // Fastify answers what is under way first.
  app.addHook('onClose', () => postRate.close())
  for (const signal of ['SIGINT', 'SIGTERM']) process.once(signal, () => app.close())
  try {
    await postRate.migrate()
    await postRate.start({ relay: true })
    console.log(await app.listen({ port: Number(PORT) }))
  } catch (error) {
    console.error(error instanceof Error ? error.message : error)
    process.exitCode = 1
    await app.close()
  }
}
