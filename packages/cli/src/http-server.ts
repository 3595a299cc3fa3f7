import { createServer, type RequestListener, type Server, type ServerResponse } from 'node:http'
import { type AddressInfo, Server as TcpServer } from 'node:net'
import type { ErrorRequestHandler, RequestHandler } from 'express'
import type { Context } from './context.ts'
import { ConfigurationError } from './errors.ts'
import { streamLogger } from './logger.ts'

/** Milliseconds that requests in hand get to end. */
const patience = 10_000
/** Milliseconds that kept connections get to be used once more, with an answer that ends them. */
const farewell = 1000
/** Longer than proxies keep a connection that nobody uses (60 s mostly): a request must not meet one that is being closed. */
const keepAliveTimeout = 75_000

/** Listens, and has the server closed when the command ends. Resolves to the URL. @throws ConfigurationError */
export async function listen(context: Context, handler: RequestListener, host: string, port: number): Promise<string> {
  const server = createServer({ requestTimeout: 30_000, headersTimeout: 10_000, keepAliveTimeout }, handler)
  await new Promise<void>((resolve, reject) => {
    server.once('error', (error: NodeJS.ErrnoException) => reject(unusable(error, host, port)))
    server.listen(port, host, resolve)
  })
  const underWay = new Set<ServerResponse>()
  server.prependListener('request', (_req, res) => {
    underWay.add(res)
    res.once('close', () => underWay.delete(res))
  })
  context.onClose(() => close(server, underWay))
  const address = server.address() as AddressInfo
  return `http://${address.family === 'IPv6' ? `[${address.address}]` : address.address}:${address.port}`
}

function unusable(error: NodeJS.ErrnoException, host: string, port: number): Error {
  const reasons: Record<string, string> = {
    EADDRINUSE: `Port ${port} is taken: choose another with --port (0 for a free one).`,
    EACCES: `Port ${port} is not for this user: choose one above 1023 with --port.`,
    EADDRNOTAVAIL: `${host} is no address of this machine: choose another with --host.`,
    ENOTFOUND: `${host} is not known: choose another with --host.`,
  }
  const reason = reasons[error.code ?? '']
  return reason === undefined ? error : new ConfigurationError(reason, { cause: error })
}

/** Refuses new connections at once. A kept one may have a request on its way already, so that it is not cut but told to end. */
async function close(server: Server, underWay: ReadonlySet<ServerResponse>): Promise<void> {
  const isLast = (res: ServerResponse) => {
    if (!res.headersSent) res.setHeader('Connection', 'close')
  }
  server.prependListener('request', (_req, res) => isLast(res))
  for (const res of underWay) isLast(res)
  // The close of HTTP servers would cut the kept ones.
  const closed = new Promise((resolve) => TcpServer.prototype.close.call(server, resolve))
  const idle = setInterval(() => server.closeIdleConnections(), farewell)
  const cut = setTimeout(() => server.closeAllConnections(), patience)
  await closed
  clearInterval(idle)
  clearTimeout(cut)
}

/**
 * Refuses requests that a page of another site sends by a name of its own which leads to this machine (DNS rebinding): where nobody
 * logs in, such a page could read and write everything.
 */
export const thisMachineOnly: RequestHandler = (req, res, next) => {
  const name = (req.headers.host ?? '').replace(/:\d+$/, '').toLowerCase()
  if (/^(localhost|127\.\d+\.\d+\.\d+|\[::1\]|[\w-]+\.localhost)$/.test(name)) next()
  else
    sendPlainProblem(res, 421, `This server is for this machine: use http://127.0.0.1 or http://localhost, not ${name}`)
}

/** For paths that nobody knows. */
export const notFound: RequestHandler = (_req, res) => {
  sendPlainProblem(res, 404, 'Not found')
}

/** For what nobody expected: told to the log, not to the client. */
export function unexpected(context: Context): ErrorRequestHandler {
  return (error, _req, res, next) => {
    if (res.headersSent) return next(error)
    streamLogger(context.io.stderr, true).error('a request failed', { error: String(error) })
    sendPlainProblem(res, 500, 'The server failed')
  }
}

function sendPlainProblem(res: Parameters<RequestHandler>[1], status: number, title: string): void {
  res.status(status).set('X-Content-Type-Options', 'nosniff').type('application/problem+json')
  res.send(JSON.stringify({ type: 'about:blank', title, status }))
}
