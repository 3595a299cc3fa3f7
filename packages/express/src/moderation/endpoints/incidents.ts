import type { Incident } from 'post-rate'
import { Refusal } from '../../problem.ts'
import { defineModeration, type ModerationCall, nextPage } from '../moderation-endpoint.ts'
import { decisionBody, idPath, incidentExclusionBody, incidentsQuery } from '../moderation-schemas.ts'
import { readPost } from './posts.ts'

/** `GET /incidents`: newest first. */
export const listIncidents = defineModeration({
  method: 'GET',
  path: '/incidents',
  query: incidentsQuery,
  async answer({ input: { after, ...query }, prefix, postRate }) {
    const { items, next } = await postRate.incidents.list({ ...query, after })
    return { body: { items, next: nextPage(`${prefix}/incidents`, query, next) } }
  },
})

/** `GET /incidents/{id}`: with its arrivals over time, and its post as it is now. */
export const getIncident = defineModeration({
  method: 'GET',
  path: '/incidents/{id}',
  params: idPath,
  async answer({ input: { id }, postRate }) {
    const incident = await findIncident(postRate, id)
    const [chart, post] = await Promise.all([postRate.incidents.arrivals(id), readPost(postRate, incident.postId)])
    return { body: { ...incident, chart, post } }
  },
})

/** `POST /incidents/{id}/release`: its ratings count. */
export const releaseIncident = defineModeration({
  method: 'POST',
  path: '/incidents/{id}/release',
  params: idPath,
  body: decisionBody,
  async answer({ input: { id, ...decision }, by, postRate }) {
    await findIncident(postRate, id)
    return { body: await postRate.incidents.release(id, { ...decision, by }) }
  },
})

/** `POST /incidents/{id}/exclude`: its ratings do not count. */
export const excludeIncident = defineModeration({
  method: 'POST',
  path: '/incidents/{id}/exclude',
  params: idPath,
  body: incidentExclusionBody,
  async answer({ input: { id, ...decision }, by, postRate }) {
    await findIncident(postRate, id)
    return { body: await postRate.incidents.exclude(id, { ...decision, by }) }
  },
})

/** @throws Refusal NOT_FOUND */
async function findIncident({ incidents }: ModerationCall<never>['postRate'], id: number): Promise<Incident> {
  const incident = await incidents.get(id)
  if (incident === null) throw new Refusal('NOT_FOUND')
  return incident
}
