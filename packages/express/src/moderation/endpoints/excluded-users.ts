import { defineModeration, nextPage } from '../moderation-endpoint.ts'
import { pageQuery, usersBody } from '../moderation-schemas.ts'

/** Bytes of a body with user ids: a few thousand of them. */
const bodyLimit = 256 * 1024

/** `GET /excluded-users`: newest first. */
export const listExcludedUsers = defineModeration({
  method: 'GET',
  path: '/excluded-users',
  query: pageQuery,
  async answer({ input: { limit, after }, prefix, postRate }) {
    const { items, next } = await postRate.moderation.excludedUsers({ limit, after })
    return { body: { items, next: nextPage(`${prefix}/excluded-users`, { limit }, next) } }
  },
})

/** `POST /excluded-users`: none of their ratings counts, now and later. */
export const excludeUsers = defineModeration({
  method: 'POST',
  path: '/excluded-users',
  body: usersBody,
  bodyLimit,
  async answer({ input, by, postRate }) {
    return { body: await postRate.moderation.excludeUsers({ ...input, by }) }
  },
})

/** `POST /excluded-users/restore`: their ratings count again. */
export const restoreUsers = defineModeration({
  method: 'POST',
  path: '/excluded-users/restore',
  body: usersBody,
  bodyLimit,
  async answer({ input, by, postRate }) {
    return { body: await postRate.moderation.restoreUsers({ ...input, by }) }
  },
})
