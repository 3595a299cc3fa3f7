import { defineModeration, nextPage } from '../moderation-endpoint.ts'
import { pageQuery } from '../moderation-schemas.ts'

/** `GET /audit`: who decided what, newest first. */
export const listAudit = defineModeration({
  method: 'GET',
  path: '/audit',
  query: pageQuery,
  async answer({ input: { limit, after }, prefix, postRate }) {
    const entries = await postRate.audit.list({ limit: limit + 1, before: after })
    const items = entries.slice(0, limit)
    const next = entries.length > limit ? (items.at(-1)?.id ?? null) : null
    return { body: { items, next: nextPage(`${prefix}/audit`, { limit }, next) } }
  },
})
