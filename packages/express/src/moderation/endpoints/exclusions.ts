import { Refusal } from '../../problem.ts'
import { defineModeration, nextPage } from '../moderation-endpoint.ts'
import { decisionBody, exclusionsQuery, idPath, periodBody } from '../moderation-schemas.ts'

/** `GET /exclusions`: of periods, active and ended ones, newest first. */
export const listExclusions = defineModeration({
  method: 'GET',
  path: '/exclusions',
  query: exclusionsQuery,
  async answer({ input: { after, ...query }, prefix, postRate }) {
    const known = await postRate.moderation.list(query.postId)
    const rest = known.filter(({ id }) => after === undefined || id < after).sort((a, b) => b.id - a.id)
    const items = rest.slice(0, query.limit)
    const next = rest.length > items.length ? (items.at(-1)?.id ?? null) : null
    return { body: { items, next: nextPage(`${prefix}/exclusions`, query, next) } }
  },
})

/** `POST /exclusions`: a period of a post's ratings does not count. */
export const excludePeriod = defineModeration({
  method: 'POST',
  path: '/exclusions',
  body: periodBody,
  async answer({ input, by, postRate }) {
    return { body: await postRate.moderation.exclude({ ...input, by }) }
  },
})

/** `POST /exclusions/{id}/restore`: its ratings count again. */
export const restorePeriod = defineModeration({
  method: 'POST',
  path: '/exclusions/{id}/restore',
  params: idPath,
  body: decisionBody,
  async answer({ input: { id, ...decision }, by, postRate }) {
    const exclusion = (await postRate.moderation.list()).find((known) => known.id === id)
    if (exclusion === undefined) throw new Refusal('NOT_FOUND')
    const { postId, from, to, standing } = exclusion
    const period = { postId, from, to, standing: standing ?? undefined }
    return { body: await postRate.moderation.restore({ ...period, ...decision, by }) }
  },
})
