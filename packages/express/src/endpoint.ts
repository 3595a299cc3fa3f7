import { z } from 'zod'
import type { Promised } from './caching.ts'
import type { Action, RouterOptions } from './options.ts'

/** What an endpoint works with once the request has been judged. */
export interface Call<Input> {
  input: Input
  /** Null for an anonymous reader. */
  userId: string | null
  /** Standing of the user as the host tells it; null: unknown. */
  established: boolean | null
  /** The path of the API as clients see it: `publicPath`, or the prefix under which the host mounted the router. */
  prefix: string
  /**
   * Start of a link that the client resolves against the address of its request: `publicPath`, or a relative path, which stays
   * true behind a proxy that strips a prefix. For endpoints whose path has one segment.
   */
  root: string
  postRate: RouterOptions['postRate']
}

/** What an endpoint gives back; the router sends it. */
export interface Answer {
  status: number
  /** Sent as JSON; left out for 204. */
  body?: unknown
  /** The same as text already. */
  json?: string
  /** Sent in the place of JSON. */
  html?: string
  headers?: Readonly<Record<string, string>>
  /** What the posts in the answer promise, which bounds how long it may be kept. */
  promise?: Promised
}

/** One row of the API: how it is recognised, judged, documented and answered. */
export interface Endpoint<Input = unknown> {
  method: 'GET' | 'POST' | 'PUT' | 'DELETE'
  /** In OpenAPI's notation, for example `/posts/{id}`. */
  path: string
  /** What the host is asked about; null for answers that are the same for everybody. */
  action: Action | null
  needsUser: boolean
  params: z.ZodObject
  query: z.ZodObject
  body: z.ZodObject | null
  /** Bytes of the body at most. */
  bodyLimit: number
  /** The post that the host is asked about. */
  postIdOf(input: Input): number | undefined
  docs: EndpointDocs
  answer(call: Call<Input>): Promise<Answer>
}

export interface EndpointDocs {
  operationId: string
  summary: string
  description: string
  status: number
  /** Said of the successful answer. */
  result: string
  /** Shape of the successful answer; null where it is no JSON or has no body. */
  schema: z.ZodObject | null
  /** Media type of the successful answer. Default `application/json`. */
  type?: string
}

const nothing = z.object({})

interface Definition<P extends z.ZodObject, Q extends z.ZodObject, B extends z.ZodObject> {
  method: Endpoint['method']
  path: string
  action: Action | null
  needsUser?: boolean
  params?: P
  query?: Q
  body?: B
  bodyLimit?: number
  postIdOf?(input: z.output<P> & z.output<Q> & z.output<B>): number
  docs: EndpointDocs
  answer(call: Call<z.output<P> & z.output<Q> & z.output<B>>): Promise<Answer>
}

type Nothing = typeof nothing

/** Fills in what most endpoints share; `answer` gets path, query and body as one validated object. */
export function defineEndpoint<
  P extends z.ZodObject = Nothing,
  Q extends z.ZodObject = Nothing,
  B extends z.ZodObject = Nothing,
>(definition: Definition<P, Q, B>): Endpoint<z.output<P> & z.output<Q> & z.output<B>> {
  return {
    needsUser: false,
    params: nothing,
    query: nothing,
    body: null,
    bodyLimit: 4096,
    postIdOf: () => undefined,
    ...definition,
  }
}
