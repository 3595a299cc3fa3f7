import Fastify from 'fastify'
import { isPostRateError } from 'post-rate'

/** The library's codes as HTTP has them; what is not here is 500. */
const statuses = /** @type {const} */ ({
  INVALID_INPUT: 400,
  POST_NOT_FOUND: 404,
  REJECTED: 422,
  OVERLOADED: 503,
  UNAVAILABLE: 503,
})

const rating = {
  type: 'object',
  required: ['score'],
  properties: { score: { type: 'integer', minimum: 0, maximum: 5 } },
}
const draft = {
  type: 'object',
  required: ['title', 'content'],
  properties: { title: { type: 'string' }, content: { type: 'string' } },
}

/**
 * The host's routes over the library.
 * @param {import('post-rate').PostRate} postRate
 */
export function createApp(postRate) {
  // "4" is no score: Fastify would make a number of it.
  const app = Fastify({ ajv: { customOptions: { coerceTypes: false } } })

  app.get('/posts', async (request, reply) => {
    const { sort, after } = /** @type {{ sort?: import('post-rate').PostSort, after?: string }} */ (request.query)
    const userId = userOf(request)
    // The posts come as JSON already; nothing of them is parsed or made again.
    const page = await postRate.posts.listJson({ limit: 20, userId, ...(sort && { sort }), ...(after && { after }) })
    reply.header('Vary', 'X-User').header('Cache-Control', cacheControl(page, userId)).type('application/json')
    return `{"items":${page.items},"next":${JSON.stringify(page.next)}}`
  })

  app.post('/posts', { schema: { body: draft } }, async (request, reply) => {
    const { title, content } = /** @type {{ title: string, content: string }} */ (request.body)
    reply.code(201)
    return postRate.posts.create({ title, content, createdBy: knownUserOf(request) })
  })

  app.put('/posts/:id/rating', { schema: { body: rating } }, async (request) => {
    const { id } = /** @type {{ id: string }} */ (request.params)
    const { score } = /** @type {{ score: number }} */ (request.body)
    return postRate.ratings.rate({ postId: Number(id), userId: knownUserOf(request), score })
  })

  app.setErrorHandler((error, _request, reply) => {
    if (!isPostRateError(error)) return reply.send(error)
    const status = /** @type {Record<string, number>} */ (statuses)[error.code] ?? 500
    if (status === 503) reply.header('Retry-After', 1)
    // Only of a bad input the message is meant for users.
    return reply.code(status).send({ code: error.code, ...(status < 500 && { message: error.message }) })
  })

  /**
   * Shared caches may keep what nobody's own score is in, and until nothing that was promised ends.
   * @param {import('post-rate').PostPageJson} page
   * @param {string | null} userId
   */
  function cacheControl({ nextUpdateAt, unpromised }, userId) {
    if (userId !== null) return 'private, no-cache'
    const left = nextUpdateAt === null ? 30 : Math.max(0, Math.floor((nextUpdateAt - postRate.now()) / 1000))
    return `public, max-age=${Math.min(left, unpromised ? 5 : 30)}`
  }

  return app
}

/**
 * Who is asking, as a proxy in front says: put the login that you have here.
 * @param {import('fastify').FastifyRequest} request
 */
function userOf(request) {
  const user = request.headers['x-user']
  return typeof user === 'string' ? user : null
}

/** @param {import('fastify').FastifyRequest} request */
function knownUserOf(request) {
  const user = userOf(request)
  if (user === null) throw Object.assign(new Error('Log in first'), { statusCode: 401 })
  return user
}
