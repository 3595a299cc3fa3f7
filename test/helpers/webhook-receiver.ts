import { createHmac } from 'node:crypto'
import { createServer, type IncomingMessage, type RequestListener } from 'node:http'
import type { AddressInfo } from 'node:net'
import type { ExecutionContext } from 'ava'
import type { IncidentEvent } from 'post-rate'
import { cleanUp } from './clean-up.ts'

export const webhookSecret = 'a secret that signs events'

export interface ReceivedEvent {
  event: IncidentEvent
  /** Whether the signature is that of the body, and the time that of now. */
  genuine: boolean
}

/** A server that collects events; `answer` says with which status, from what came before. */
export async function receiveWebhooks(
  t: ExecutionContext<unknown>,
  answer: (before: readonly ReceivedEvent[]) => number = () => 204,
) {
  const received: ReceivedEvent[] = []
  const url = await serve(t, async (req, res) => {
    const body = await textOf(req)
    const status = answer(received)
    const { 'x-post-rate-signature': signature, 'x-post-rate-timestamp': timestamp } = req.headers
    const right = createHmac('sha256', webhookSecret).update(`${timestamp}.${body}`).digest('hex')
    const event = JSON.parse(body) as IncidentEvent
    const fresh = Math.abs(Date.now() / 1000 - Number(timestamp)) < 60
    const named = req.headers['x-post-rate-delivery'] === event.id
    received.push({ event, genuine: req.method === 'POST' && fresh && named && signature === `sha256=${right}` })
    res.writeHead(status).end('thanks')
  })
  return { url, received }
}

/** The address of a server that lives as long as the test. */
export async function serve(t: ExecutionContext<unknown>, listener: RequestListener): Promise<string> {
  const server = createServer(listener)
  cleanUp(t, () => {
    server.closeAllConnections()
    server.close()
  })
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  return `http://127.0.0.1:${(server.address() as AddressInfo).port}/`
}

async function textOf(req: IncomingMessage): Promise<string> {
  let text = ''
  for await (const chunk of req) text += chunk
  return text
}
