// A CommonJS app on Express 4 that mounts the rating API beside its own routes.
const express = require('express')
const { createProblemHandler, createRouter } = require('@post-rate/express')
const { createPostRate } = require('post-rate')

const { DATABASE_URL, PORT = '3000' } = process.env

if (DATABASE_URL) main(DATABASE_URL)
else {
  console.error('DATABASE_URL is missing, for example postgres://post_rate:post_rate@127.0.0.1:5432/post_rate')
  process.exitCode = 3
}

/** @param {string} database */
async function main(database) {
  const postRate = createPostRate({ database })
  try {
    await postRate.migrate()
    await postRate.start({ relay: true })
  } catch (error) {
    console.error(error instanceof Error ? error.message : error)
    process.exitCode = 1
    await postRate.close()
    return
  }

  const app = express()
  // As most apps on Express 4 have it, before everything: the router takes what it has parsed.
  app.use(express.json())
  app.get('/', (_req, res) => {
    res.send('The ratings are under <a href="/api/docs">/api</a>.')
  })
  app.use(
    '/api',
    createRouter({
      postRate,
      // A proxy that knows its users, in the place of a login.
      getUser: (req) => req.get('x-user'),
      varyHeader: 'X-User',
      authorize: ({ action, userId }) => action !== 'create-post' || userId === 'ada',
    }),
    // What express.json refuses is answered as the router would.
    createProblemHandler(),
  )

  const server = app.listen(Number(PORT), '127.0.0.1', () => {
    const address = /** @type {import('node:net').AddressInfo} */ (server.address())
    console.log(`http://127.0.0.1:${address.port}/`)
  })
  server.on('close', () => postRate.close())
  for (const signal of ['SIGINT', 'SIGTERM']) process.once(signal, () => server.close())
}
