import http from 'node:http'
import type { AddressInfo } from 'node:net'
import { createProblemHandler, createRouter, type ProblemHandlerOptions, type RouterOptions } from '@post-rate/express'
import type { ExecutionContext } from 'ava'
import express, { type Express, type Request, type RequestHandler, type Response } from 'express'
import { FakePostRate } from './fake-post-rate.ts'

/** Where the host's own JSON parser stands. */
export type Parser = 'none' | 'before' | 'after'
export const parsers: readonly Parser[] = ['none', 'before', 'after']

export interface HostOptions extends Partial<Omit<RouterOptions, 'postRate'>> {
  parser?: Parser
  prefix?: string
  /** Settings of the host's app, for example its query parser. */
  settings?: Record<string, unknown>
  /** Mounts the package's error handler behind the router. */
  problemHandler?: boolean | ProblemHandlerOptions
  /** Middleware of the host's before the router. */
  before?: RequestHandler
}

export interface Reply {
  status: number
  headers: http.IncomingHttpHeaders
  text: string
  // biome-ignore lint/suspicious/noExplicitAny: the tests assert its shape
  json: any
}

export interface Sent {
  headers?: Record<string, string>
  /** Sent as JSON unless it is text or bytes. */
  body?: unknown
  /** User id of the request, in the header that the host trusts. */
  user?: string
  /** Sent without a length. */
  chunked?: boolean
}

/** A host application with the router mounted, a user taken from `x-user`, and a page and error handler of its own. */
export async function startHost(t: ExecutionContext, options: HostOptions = {}) {
  const { parser = 'none', prefix = '/api', settings = {}, problemHandler = false, before, ...routerOptions } = options
  const postRate = new FakePostRate()
  const errors: unknown[] = []
  const app = express()
  for (const [name, value] of Object.entries(settings)) app.set(name, value)
  if (before) app.use(before)
  if (parser === 'before') app.use(express.json({ limit: '1mb' }))
  app.use(
    prefix,
    createRouter({
      postRate: postRate as unknown as RouterOptions['postRate'],
      getUser: (req) => req.get('x-user'),
      varyHeader: 'X-User',
      ...routerOptions,
    }),
  )
  if (problemHandler) app.use(prefix, createProblemHandler(problemHandler === true ? {} : problemHandler))
  if (parser === 'after') app.use(express.json())
  app.use((req: Request, res: Response) => {
    res.status(404).json({ host: 'fell through', url: req.originalUrl, body: req.body ?? null })
  })
  app.use((error: unknown, _req: Request, res: Response, _next: () => void) => {
    errors.push(error)
    res.status(599).json({ host: 'error' })
  })
  const port = await listen(t, app)
  const call = (method: string, path: string, sent: Sent = {}) => exchange(port, method, path, sent)
  return {
    postRate,
    errors,
    port,
    prefix,
    raw: call,
    send: (m: string, p: string, s?: Sent) => call(m, prefix + p, s),
  }
}

/** Serves an app until the test ends; resolves to its port. */
export async function listen(t: ExecutionContext, app: Express): Promise<number> {
  const server = app.listen(0, '127.0.0.1')
  await new Promise((resolve) => server.once('listening', resolve))
  t.teardown(() => {
    server.closeAllConnections()
    server.close()
  })
  return (server.address() as AddressInfo).port
}

/** One request over `node:http`, which sends paths and bodies as they are. */
export function exchange(port: number, method: string, path: string, sent: Sent): Promise<Reply> {
  const { body, user, chunked = false } = sent
  const headers: Record<string, string> = { ...sent.headers }
  // As bytes: Node would send a text together with the headers, and those in UTF-8 then.
  const payload =
    body === undefined || body instanceof Uint8Array
      ? body
      : Buffer.from(typeof body === 'string' ? body : JSON.stringify(body))
  if (payload !== undefined && !('content-type' in headers)) headers['content-type'] = 'application/json'
  if (payload !== undefined && !chunked) headers['content-length'] = String(Buffer.byteLength(payload))
  if (user !== undefined) headers['x-user'] = Buffer.from(user).toString('latin1')
  return new Promise((resolve, reject) => {
    const request = http.request({ port, host: '127.0.0.1', method, path, headers, agent: false }, (response) => {
      const chunks: Buffer[] = []
      response.on('data', (chunk: Buffer) => chunks.push(chunk))
      response.on('error', reject)
      response.on('end', () => {
        const text = Buffer.concat(chunks).toString()
        const json = /json/.test(response.headers['content-type'] ?? '') && text !== '' ? JSON.parse(text) : null
        resolve({ status: response.statusCode ?? 0, headers: response.headers, text, json })
      })
    })
    request.on('error', reject)
    request.end(payload)
  })
}

/** Asserts a problem document, and that it gives nothing away. */
export function isProblem(t: ExecutionContext, reply: Reply, status: number, code: string, fields?: string[]): void {
  t.is(reply.status, status, reply.text)
  t.regex(reply.headers['content-type'] ?? '', /^application\/problem\+json\b/)
  t.is(reply.headers['x-content-type-options'], 'nosniff')
  t.is(reply.json.code, code)
  t.is(reply.json.status, status)
  for (const member of ['type', 'title', 'detail']) t.is(typeof reply.json[member], 'string')
  t.notRegex(reply.text, /db\.internal|SELECT|node_modules|\.ts:|at .*:\d+/)
  t.is('errors' in reply.json, status === 400)
  if (fields === undefined) return
  t.deepEqual(reply.json.errors.map(({ field }: { field: string }) => field).sort(), fields)
  for (const { message } of reply.json.errors) t.regex(message, /^must /)
}
