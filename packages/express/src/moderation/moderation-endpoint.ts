import { z } from 'zod'
import type { Routed } from '../find-endpoint.ts'
import type { ModerationRouterOptions } from './options.ts'

/** What an endpoint works with once the request has been judged. */
export interface ModerationCall<Input> {
  input: Input
  /** The moderator, as the host named them. */
  by: string
  /** The path of the console as clients see it. */
  prefix: string
  /** Start of the page's links, which the browser resolves against the page's address. */
  root: string
  postRate: ModerationRouterOptions['postRate']
}

/** Sent with 200, as JSON unless it is a page. */
export type ModerationAnswer = { body: unknown } | { html: string; headers: Readonly<Record<string, string>> }

/** One row of the console's API. */
export interface ModerationEndpoint<Input = unknown> extends Routed {
  params: z.ZodObject
  query: z.ZodObject
  body: z.ZodObject | null
  /** Bytes of the body at most. */
  bodyLimit: number
  answer(call: ModerationCall<Input>): Promise<ModerationAnswer>
}

const nothing = z.object({})
type Nothing = typeof nothing

interface Definition<P extends z.ZodObject, Q extends z.ZodObject, B extends z.ZodObject> extends Routed {
  params?: P
  query?: Q
  body?: B
  bodyLimit?: number
  answer(call: ModerationCall<z.output<P> & z.output<Q> & z.output<B>>): Promise<ModerationAnswer>
}

/** Fills in what most endpoints share; `answer` gets path, query and body as one validated object. */
export function defineModeration<
  P extends z.ZodObject = Nothing,
  Q extends z.ZodObject = Nothing,
  B extends z.ZodObject = Nothing,
>(definition: Definition<P, Q, B>): ModerationEndpoint<z.output<P> & z.output<Q> & z.output<B>> {
  // A reason may have 1,000 characters of four bytes, escaped by some clients.
  return { params: nothing, query: nothing, body: null, bodyLimit: 16 * 1024, ...definition }
}

/** The URL of a list's next page; null at its end. */
export function nextPage(
  path: string,
  query: Readonly<Record<string, string | number | undefined>>,
  after: number | null,
): string | null {
  if (after === null) return null
  const known = Object.entries({ ...query, after }).filter(([, value]) => value !== undefined)
  return `${path}?${new URLSearchParams(known.map(([name, value]): [string, string] => [name, String(value)]))}`
}
