import { Agent, request } from 'node:http'

export interface Answer {
  status: number
  headers: Record<string, string | string[] | undefined>
  body: string
  /** Wall clock, milliseconds since the epoch. */
  sentAt: number
  receivedAt: number
}

/** What came of a request that got no answer: `refused` was surely not seen by the server. */
export class NoAnswer extends Error {
  readonly refused: boolean

  constructor(error: NodeJS.ErrnoException) {
    super(error.message, { cause: error })
    this.refused = error.code === 'ECONNREFUSED'
  }
}

/** HTTP with kept connections, as a load balancer would have them. */
export class HttpClient {
  readonly #agent = new Agent({ keepAlive: true, maxSockets: 256 })

  send(
    method: string,
    url: string,
    { user, body, timeoutMs = 40_000 }: { user?: string | undefined; body?: unknown; timeoutMs?: number } = {},
  ): Promise<Answer> {
    const sentAt = Date.now()
    const text = body === undefined ? undefined : JSON.stringify(body)
    const headers = {
      ...(user === undefined ? {} : { 'x-user': user }),
      ...(text === undefined ? {} : { 'content-type': 'application/json', 'content-length': Buffer.byteLength(text) }),
    }
    return new Promise((resolve, reject) => {
      const outgoing = request(url, { method, headers, agent: this.#agent, timeout: timeoutMs }, (incoming) => {
        let answer = ''
        incoming.setEncoding('utf8')
        incoming.on('data', (chunk) => {
          answer += chunk
        })
        incoming.on('error', (error) => reject(new NoAnswer(error)))
        incoming.on('end', () => {
          if (!incoming.complete) reject(new NoAnswer(new Error('The answer was cut')))
          const { statusCode: status = 0, headers } = incoming
          resolve({ status, headers, body: answer, sentAt, receivedAt: Date.now() })
        })
      })
      outgoing.on('timeout', () => outgoing.destroy(new Error(`no answer within ${timeoutMs} ms`)))
      outgoing.on('error', (error) => reject(new NoAnswer(error)))
      outgoing.end(text)
    })
  }

  close(): void {
    this.#agent.destroy()
  }
}
