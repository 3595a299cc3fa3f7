import type { Request, Response } from 'express'
import { invalid, Refusal } from './problem.ts'

/** How long a client may go on sending a body that was refused, milliseconds. */
const patience = 2000

/** The client went away while its body was read: there is nobody to answer. */
export class ClientGone extends Error {}

/**
 * The JSON value of a request's body. A body that the host's own parser has read is taken as the host left it; otherwise
 * at most `limit` bytes of it are read.
 * @throws Refusal UNSUPPORTED_MEDIA_TYPE, PAYLOAD_TOO_LARGE, INVALID_INPUT naming `body`
 */
export async function readBody(req: Request, limit: number): Promise<unknown> {
  if (!isJson(req.headers['content-type'])) throw new Refusal('UNSUPPORTED_MEDIA_TYPE')
  if (req.readableDidRead || req.readableEnded) return takeParsed(req, limit)
  // Inflating what a stranger packed is left to hosts that ask for it.
  if (isEncoded(req)) throw new Refusal('UNSUPPORTED_MEDIA_TYPE')
  if (Number(req.headers['content-length'] ?? 0) > limit) throw new Refusal('PAYLOAD_TOO_LARGE')
  return parse(await readBytes(req, limit))
}

/** After a refusal before the body's end: lets the client read the answer while it sends the rest, then cuts it off. */
export function cutOffLater(req: Request, res: Response): void {
  res.once('finish', () => {
    if (req.complete) return
    req.resume()
    setTimeout(() => {
      if (!req.complete) req.socket.destroy()
    }, patience).unref()
  })
}

/** `application/json`, in UTF-8 where a charset is named. */
function isJson(contentType: string | undefined): boolean {
  const [type, ...parameters] = (contentType ?? '').toLowerCase().split(';')
  return (
    type?.trim() === 'application/json' &&
    parameters.every(
      (parameter) => !/^\s*charset\s*=/.test(parameter) || /^\s*charset\s*=\s*"?utf-?8"?\s*$/.test(parameter),
    )
  )
}

function isEncoded(req: Request): boolean {
  return (req.headers['content-encoding'] ?? 'identity').trim().toLowerCase() !== 'identity'
}

function takeParsed(req: Request, limit: number): unknown {
  const body: unknown = req.body
  if (body instanceof Uint8Array || typeof body === 'string') {
    const bytes = Buffer.from(body as string)
    if (bytes.length > limit) throw new Refusal('PAYLOAD_TOO_LARGE')
    return parse(bytes)
  }
  const length = isEncoded(req) ? undefined : req.headers['content-length']
  if ((length === undefined ? sizeOf(body) : Number(length)) > limit) throw new Refusal('PAYLOAD_TOO_LARGE')
  return body
}

/** The size of a value as JSON: what is left to go by where the sender's own length says nothing. */
function sizeOf(body: unknown): number {
  try {
    return Buffer.byteLength(JSON.stringify(body) ?? '')
  } catch {
    return Number.POSITIVE_INFINITY
  }
}

function readBytes(req: Request, limit: number): Promise<Buffer> {
  return new Promise((resolve, reject) => {
    const chunks: Buffer[] = []
    let size = 0
    const settle = (outcome: () => void) => {
      req.off('data', onData).off('end', onEnd).off('error', onGone).off('close', onGone)
      outcome()
    }
    const onData = (chunk: Buffer) => {
      size += chunk.length
      chunks.push(chunk)
      if (size <= limit) return
      req.pause()
      settle(() => reject(new Refusal('PAYLOAD_TOO_LARGE')))
    }
    const onEnd = () => settle(() => resolve(Buffer.concat(chunks)))
    const onGone = () => settle(() => reject(new ClientGone()))
    req.on('data', onData).on('end', onEnd).on('error', onGone).on('close', onGone)
  })
}

function parse(bytes: Uint8Array): unknown {
  try {
    return JSON.parse(new TextDecoder('utf-8', { fatal: true }).decode(bytes))
  } catch {
    throw invalid('body', 'must be JSON in UTF-8')
  }
}
