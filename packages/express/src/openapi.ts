import { z } from 'zod'
// Import the manifest instead of reading its file: a bundled CommonJS backend has no `import.meta.url`.
import manifest from '#package.json' with { type: 'json' }
import * as answers from './answers.ts'
import type { Endpoint } from './endpoint.ts'
import { problemKinds } from './problem.ts'
import { schemaNotes } from './schemas.ts'

export type JsonObject = { [key: string]: unknown }

export interface OpenApiParameter {
  name: string
  in: 'path' | 'query'
  required: boolean
  description?: string
  schema: JsonObject
}

export interface OpenApiResponse {
  description: string
  headers?: JsonObject
  content?: Record<string, { schema: JsonObject }>
}

export interface OpenApiOperation {
  operationId: string
  summary: string
  description: string
  parameters?: OpenApiParameter[]
  requestBody?: { required: true; content: Record<string, { schema: JsonObject }> }
  responses: Record<string, OpenApiResponse>
}

export interface OpenApiDocument {
  openapi: '3.1.0'
  info: { title: string; version: string; summary: string; description: string }
  servers: { url: string }[]
  paths: Record<string, Record<string, OpenApiOperation>>
  components: { schemas: Record<string, JsonObject> }
}

const { version } = manifest

/** Describes endpoints with the schemas that validate them; the result makes the document for a mounted prefix. */
export function describeApi(endpoints: readonly Endpoint<never>[]): (prefix: string) => OpenApiDocument {
  const paths: OpenApiDocument['paths'] = {}
  for (const endpoint of endpoints) {
    const path = paths[endpoint.path] ?? {}
    path[endpoint.method.toLowerCase()] = operationOf(endpoint)
    paths[endpoint.path] = path
  }
  const document: Omit<OpenApiDocument, 'servers'> = {
    openapi: '3.1.0',
    info: {
      title: 'post-rate',
      version,
      summary: 'Rate posts from 0 to 5, and read how they are rated.',
      description:
        'Who is asking is the business of the application that mounts this API. What readers see of the stats is held for a window: nothing in `stats` changes before `nextUpdateAt`.',
    },
    paths,
    components: { schemas: components() },
  }
  return (prefix) => {
    const { openapi, info, ...rest } = document
    return { openapi, info, servers: [{ url: prefix === '' ? '/' : prefix }], ...rest }
  }
}

function operationOf(endpoint: Endpoint<never>): OpenApiOperation {
  const { docs, body } = endpoint
  const parameters = [...parametersOf('path', endpoint.params), ...parametersOf('query', endpoint.query)]
  return {
    operationId: docs.operationId,
    summary: docs.summary,
    description: docs.description,
    ...(parameters.length > 0 && { parameters }),
    ...(body && { requestBody: { required: true, content: { 'application/json': { schema: referenceTo(body) } } } }),
    responses: { [docs.status]: resultOf(endpoint), ...unchangedOf(endpoint), ...problemsOf(endpoint) },
  }
}

function parametersOf(place: OpenApiParameter['in'], schema: z.ZodObject): OpenApiParameter[] {
  return Object.entries(schema.shape).map(([name, part]) => {
    const { description, ...shape } = jsonSchema(part as z.ZodType)
    const required = !(part as z.ZodType).safeParse(undefined).success
    return { name, in: place, required, ...(typeof description === 'string' && { description }), schema: shape }
  })
}

function resultOf({ docs }: Endpoint<never>): OpenApiResponse {
  if (docs.status === 204) return { description: docs.result }
  const schema = docs.schema ? referenceTo(docs.schema) : { type: docs.type === undefined ? 'object' : 'string' }
  return { description: docs.result, content: { [docs.type ?? 'application/json']: { schema } } }
}

function unchangedOf({ method }: Endpoint<never>): Record<string, OpenApiResponse> {
  return method === 'GET' ? { 304: { description: 'As before: it still has the ETag of If-None-Match.' } } : {}
}

/** The problems that an endpoint can answer with, one response per status. */
function problemsOf(endpoint: Endpoint<never>): Record<string, OpenApiResponse> {
  const { needsUser, body, params, query } = endpoint
  const takesInput = body !== null || [params, query].some((schema) => Object.keys(schema.shape).length > 0)
  const isWrite = endpoint.method !== 'GET'
  const about = endpoint.path.includes('{') || endpoint.action === 'rate-post'
  // The answers that describe the API need no store.
  const statuses = new Set(endpoint.action === null ? [429] : [429, 503])
  if (needsUser) statuses.add(401).add(403)
  if (isWrite) statuses.add(422)
  if (body !== null) statuses.add(413).add(415)
  if (takesInput) statuses.add(400)
  if (about) statuses.add(404)
  const responses: Record<string, OpenApiResponse> = {}
  for (const [code, { status, title }] of Object.entries(problemKinds)) {
    if (!statuses.has(status) || code.startsWith('SCHEMA_') || code === 'NOT_FOUND') continue
    const described = responses[status]?.description
    responses[status] = {
      description: described === undefined ? `${title} (${code})` : `${described}; ${title.toLowerCase()} (${code})`,
      ...(status === 429 || status === 503 ? { headers: headersOf(status) } : {}),
      content: { 'application/problem+json': { schema: referenceTo(answers.problemAnswer) } },
    }
  }
  return responses
}

function headersOf(status: 429 | 503): JsonObject {
  const wait = { 'Retry-After': { schema: { type: 'integer' } } }
  const quota = { schema: { type: 'string' } }
  return status === 503 ? wait : { ...wait, RateLimit: quota, 'RateLimit-Policy': quota }
}

/** @throws Error for a schema without a name, which the document could not refer to */
function referenceTo(schema: z.ZodType): JsonObject {
  const id = schemaNotes.get(schema)?.id
  if (id === undefined)
    throw new Error('A body or an answer needs a name: .register(schemaNotes, { id: "…" }), as in schemas.ts')
  return { $ref: `#/components/schemas/${id}` }
}

function components(): Record<string, JsonObject> {
  const { schemas } = z.toJSONSchema(schemaNotes, {
    io: 'input',
    metadata: schemaNotes,
    uri: (id) => `#/components/schemas/${id}`,
  })
  return Object.fromEntries(Object.entries(schemas).map(([id, schema]) => [id, bare(schema)]))
}

/** As the validated value is: a path's digits become an integer. */
function jsonSchema(schema: z.ZodType): JsonObject {
  return bare(z.toJSONSchema(schema, { io: 'output', metadata: schemaNotes }))
}

function bare({ $schema, $id, id, ...schema }: JsonObject): JsonObject {
  return schema
}
