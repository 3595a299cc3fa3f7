/**
 * The shapes that the router answers with; times are ISO 8601, histograms have six counts.
 * @typedef {{ id: number, postId: number, from: string, to: string | null, state: 'open' | 'released' | 'excluded' | 'expired',
 *   arrivals: number, before: number[], scores: number[], largestGap: number, newRaters: number | null, decidedBy: string | null,
 *   decidedAt: string | null, reason: string | null }} Incident
 * @typedef {{ unit: 'second' | 'minute' | 'hour' | 'day', buckets: { start: string, counts: number[] }[] }} Chart
 * @typedef {{ count: number, average: number | null }} Figures
 * @typedef {{ id: number, title: string | null, live: Figures, displayed: Figures & { guard: object | null, nextUpdateAt: string | null } }} Post
 * @typedef {Incident & { chart: Chart | null, post: Post | null }} IncidentDetails
 * @typedef {Figures & { rank: number }} Effect
 * @typedef {{ ratings: number, before: Effect, after: Effect }} Plan
 * @typedef {{ users: number, ratings: number, posts: number }} UsersPlan
 * @typedef {{ id: number, postId: number, from: string, to: string, standing: string | null, reason: string, by: string, at: string,
 *   excluded: number, restoredAt: string | null, restoredBy: string | null, restoreReason: string | null, restored: number }} Exclusion
 * @typedef {{ id: number, userId: string, state: string, by: string, reason: string, at: string }} ExcludedUser
 * @typedef {{ id: number, at: string, by: string, action: string, subject: string | null, reason: string | null, endedAt: string | null,
 *   outcome: Record<string, unknown> | null }} AuditEntry
 */

/** The router's address: this file is in a folder of it. */
const root = new URL('..', import.meta.url)

/** What the server refused, or could not be asked; the message is for people. */
export class ApiError extends Error {
  /** @param {string} message @param {number} status 0 where there was no answer */
  constructor(message, status) {
    super(message)
    this.status = status
  }
}

/**
 * The answer's JSON. The caller names its shape.
 * @param {string} path relative to the router
 * @param {unknown} [body] sent with POST
 * @returns {Promise<any>}
 */
export async function ask(path, body) {
  const sent =
    body === undefined
      ? {}
      : { method: 'POST', headers: { 'Content-Type': 'application/json' }, body: JSON.stringify(body) }
  const answer = await fetch(new URL(path, root), sent).catch(() => {
    throw new ApiError('The server cannot be reached.', 0)
  })
  const content = await answer.json().catch(() => null)
  if (answer.ok) return content
  throw new ApiError(content?.detail ?? `The server answered ${answer.status}.`, answer.status)
}

/**
 * The path of a list's next page, from its `next`: behind a proxy the server may know the start of its own address only in part.
 * @param {string} path @param {string | null} next
 */
export function nextPath(path, next) {
  return next === null ? null : path + new URL(next, root).search
}
