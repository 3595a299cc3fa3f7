import { createRouter } from '@post-rate/express'
import express from 'express'
import { createPostRate } from 'post-rate'

/**
 * The document of the API as a client meets it under `/api`. No server is needed: nothing connects before the first call.
 * @returns {Promise<import('openapi-typescript').OpenAPI3>}
 */
export async function readDocument() {
  const postRate = createPostRate({ database: 'postgres://127.0.0.1/none' })
  const server = express()
    .use('/api', createRouter({ postRate, getUser: () => null }))
    .listen(0, '127.0.0.1')
  await new Promise((resolve) => server.once('listening', resolve))
  const { port } = /** @type {import('node:net').AddressInfo} */ (server.address())
  try {
    const answer = await fetch(`http://127.0.0.1:${port}/api/openapi.json`)
    return /** @type {import('openapi-typescript').OpenAPI3} */ (await answer.json())
  } finally {
    server.close()
    await postRate.close()
  }
}
