import type { InputProblem } from 'post-rate'
import type { z } from 'zod'
import type { Endpoint } from './endpoint.ts'
import { Refusal } from './problem.ts'

/**
 * Path, query and body as one validated object; everything else they carried is dropped.
 * @throws Refusal INVALID_INPUT with one error per bad field
 */
export function validate(
  endpoint: Pick<Endpoint<never>, 'params' | 'query' | 'body'>,
  request: { params: Record<string, string>; url: string; body: unknown },
): unknown {
  const parts = [
    ...(isEmpty(endpoint.params) ? [] : [endpoint.params.safeParse(request.params)]),
    ...(isEmpty(endpoint.query)
      ? []
      : [endpoint.query.safeParse(readQuery(request.url, Object.keys(endpoint.query.shape)))]),
    ...(endpoint.body === null ? [] : [endpoint.body.safeParse(request.body)]),
  ]
  const errors = parts.flatMap((part) => (part.success ? [] : problemsOf(part.error)))
  if (errors.length > 0) throw new Refusal('INVALID_INPUT', { errors })
  return Object.assign({}, ...parts.map((part) => part.data))
}

function isEmpty(schema: z.ZodObject): boolean {
  for (const _ in schema.shape) return false
  return true
}

/**
 * The named query parameters, read from the URL itself: what `req.query` holds depends on the host's query parser. A
 * parameter that is repeated or has brackets becomes an array, which no schema accepts.
 */
function readQuery(url: string, names: readonly string[]): Record<string, string | string[]> {
  const query: Record<string, string | string[]> = {}
  const start = url.indexOf('?')
  if (start < 0) return query
  for (const [key, value] of new URLSearchParams(url.slice(start + 1))) {
    const name = key.includes('[') ? key.slice(0, key.indexOf('[')) : key
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
