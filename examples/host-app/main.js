// The blog as one process: it migrates, serves, relays and, with Kafka and Redis, consumes.
import { randomBytes } from 'node:crypto'
import { once } from 'node:events'
import { createPostRate } from 'post-rate'
import { createApp } from './app.js'
import { addFirstPosts } from './first-posts.js'
import { readOptions } from './options.js'

await main()

async function main() {
  const options = readOptions(process.env)
  if (options === null) {
    console.error('DATABASE_URL is missing. With Docker: docker compose up --wait, then')
    console.error('DATABASE_URL=postgres://post_rate:post_rate@127.0.0.1:5432/post_rate npm start -w examples/host-app')
    process.exitCode = 3
    return
  }
  const postRate = createPostRate(options)
  try {
    await postRate.migrate()
    await postRate.start({ relay: true, consumer: Boolean(options.kafka && options.redis) })
    await addFirstPosts(postRate)
    await serve(postRate)
  } catch (error) {
    console.error(error instanceof Error ? error.message : error)
    process.exitCode = 1
  } finally {
    await postRate.close()
  }
}

/**
 * Resolves when the server was asked to stop and has answered what was under way.
 * @param {import('post-rate').PostRate} postRate
 */
async function serve(postRate) {
  const { PORT = '3000', SESSION_SECRET } = process.env
  // Without a secret that outlives the process, sessions end with it.
  const app = createApp({ postRate, secret: SESSION_SECRET ?? randomBytes(32) })
  const server = app.listen(Number(PORT), '127.0.0.1')
  // A second signal ends the process at once.
  for (const signal of ['SIGINT', 'SIGTERM']) process.once(signal, () => server.close())
  await once(server, 'listening')
  const address = /** @type {import('node:net').AddressInfo} */ (server.address())
  console.log(`The blog is at http://127.0.0.1:${address.port}/`)
  await once(server, 'close')
}
