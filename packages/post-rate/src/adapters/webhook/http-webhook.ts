import { createHmac } from 'node:crypto'
import type { IncidentEvent } from '../../domain/incident.ts'
import type { WebhookOptions } from '../../options.ts'
import type { Webhook } from '../../ports/webhook.ts'

/** Longest body that is sent. An incident has at most some 5,000 characters. */
const longestBody = 65_536
const timeoutMs = 10_000

/**
 * Posts events as JSON, signed. `X-Post-Rate-Signature` is `sha256=` and the hexadecimal HMAC-SHA-256 of `TIMESTAMP.BODY` under the secret,
 * where TIMESTAMP is the text of `X-Post-Rate-Timestamp`: Unix seconds of this attempt, so that a receiver can refuse old requests.
 */
export class HttpWebhook implements Webhook {
  readonly #url: string
  readonly #secret: string
  readonly #timeoutMs: number

  constructor({ url, secret }: WebhookOptions, limitMs = timeoutMs) {
    this.#url = url
    this.#secret = secret
    this.#timeoutMs = limitMs
  }

  async send({ id, kind, incident }: IncidentEvent, signal?: AbortSignal): Promise<void> {
    const body = JSON.stringify({ id, kind, incident })
    if (body.length > longestBody) throw new Error(`the event has ${body.length} characters, more than ${longestBody}`)
    const timestamp = String(Math.floor(Date.now() / 1000))
    const limit = AbortSignal.timeout(this.#timeoutMs)
    const reply = await fetch(this.#url, {
      method: 'POST',
      // Followed, a redirect would send the signed event to an address that nobody configured.
      redirect: 'manual',
      headers: {
        'Content-Type': 'application/json',
        'User-Agent': 'post-rate',
        'X-Post-Rate-Delivery': id,
        'X-Post-Rate-Timestamp': timestamp,
        'X-Post-Rate-Signature': `sha256=${signatureOf(this.#secret, timestamp, body)}`,
      },
      body,
      signal: signal ? AbortSignal.any([limit, signal]) : limit,
    }).catch((error: unknown) => {
      throw new Error(reasonOf(error, this.#timeoutMs))
    })
    // What the receiver says is not read: it could be long.
    await reply.body?.cancel().catch(() => {})
    if (!reply.ok) throw new Error(`the webhook answered with the status ${reply.status}`)
  }
}

function signatureOf(secret: string, timestamp: string, body: string): string {
  return createHmac('sha256', secret).update(`${timestamp}.${body}`).digest('hex')
}

/** Never the address: it may hold a token. */
function reasonOf(error: unknown, limitMs: number): string {
  if ((error as Error).name === 'TimeoutError') return `the webhook did not answer within ${limitMs / 1000} s`
  const { code } = ((error as Error).cause ?? {}) as { code?: string }
  return `the webhook cannot be reached${code === undefined ? '' : `: ${code}`}`
}
