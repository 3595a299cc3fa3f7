import type { NextFunction, Request, Response } from 'express'
import type { Place, Routed } from './find-endpoint.ts'
import { HookFailure } from './hooks.ts'
import { Refusal, refusalOf } from './problem.ts'
import { ClientGone, cutOffLater } from './read-body.ts'
import { sendNothing, setCommonHeaders } from './send.ts'

/** A request at a place of a router, and how the router answers it. */
export interface Dispatched<E extends Routed> {
  place: Place<E>
  req: Request
  res: Response
  next: NextFunction
  answer(endpoint: E): Promise<void>
  sendProblem(refusal: Refusal): void
}

/** Answers `OPTIONS`, refuses other methods, sends refusals as problems, and gives all other errors to the host. */
export function dispatch<E extends Routed>(dispatched: Dispatched<E>): void {
  const { req, res, next, sendProblem } = dispatched
  respond(dispatched).catch((error: unknown) => {
    if (error instanceof ClientGone) return
    const refusal = refusalOf(error)
    if (refusal === null) return next(forHost(error))
    cutOffLater(req, res)
    sendProblem(refusal)
  })
}

async function respond<E extends Routed>({ place, req, res, answer }: Dispatched<E>): Promise<void> {
  setCommonHeaders(res)
  if (req.method === 'OPTIONS') {
    res.setHeader('Allow', place.allow)
    sendNothing(res, 204)
    return
  }
  const method = req.method === 'HEAD' ? 'GET' : req.method
  const endpoint = place.endpoints.find((candidate) => candidate.method === method)
  if (!endpoint) throw new Refusal('METHOD_NOT_ALLOWED', { headers: { Allow: place.allow } })
  await answer(endpoint)
}

/** Express reads some values of `next` as commands: only an object can be nothing but an error. */
function forHost(error: unknown): unknown {
  const cause = error instanceof HookFailure ? error.cause : error
  return typeof cause === 'object' && cause !== null
    ? cause
    : new Error('Something was thrown that is no error', { cause })
}
