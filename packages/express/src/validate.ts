import type { InputProblem } from 'post-rate'
import type { z } from 'zod'
import type { Endpoint } from './endpoint.ts'
import { Refusal } from './problem.ts'

/**
 * Path, query and body as one validated object; everything else they carried is dropped.
 * @throws Refusal INVALID_INPUT with one error per bad field
 */
export function validate(
  endpoint: Endpoint<never>,
  request: { params: Record<string, string>; url: string; body: unknown },
): unknown {
  const parts = [
    endpoint.params.safeParse(request.params),
    endpoint.query.safeParse(readQuery(request.url, Object.keys(endpoint.query.shape))),
    ...(endpoint.body === null ? [] : [endpoint.body.safeParse(request.body)]),
  ]
  const errors = parts.flatMap((part) => (part.success ? [] : problemsOf(part.error)))
  if (errors.length > 0) throw new Refusal('INVALID_INPUT', { errors })
  return Object.assign({}, ...parts.map((part) => part.data))
}

/**
 * The named query parameters, read from the URL itself: what `req.query` holds depends on the host's query parser. A
 * parameter that is repeated or has brackets becomes an array, which no schema accepts.
 */
function readQuery(url: string, names: readonly string[]): Record<string, string | string[]> {
  const query: Record<string, string | string[]> = {}
  for (const [key, value] of new URLSearchParams(url.split('?').slice(1).join('?'))) {
    const name = key.replace(/\[.*/s, '')
    if (names.includes(name)) query[name] = name !== key || Object.hasOwn(query, name) ? [value] : value
  }
  return query
}

/** The first problem of each field; a body that is no object is named as a whole. */
function problemsOf(error: z.ZodError): InputProblem[] {
  const messages = new Map<string, string>()
  for (const issue of error.issues) {
    const field = String(issue.path[0] ?? 'body')
    if (!messages.has(field)) messages.set(field, issue.message)
  }
  return [...messages].map(([field, message]) => ({ field, message }))
}
