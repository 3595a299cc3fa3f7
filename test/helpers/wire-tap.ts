import { type AddressInfo, connect, createServer, type Socket } from 'node:net'
import type { ExecutionContext } from 'ava'
import { cleanUp } from './clean-up.ts'

export interface WireTap {
  /** The URL of the tapped server, by way of the tap. */
  url: string
  /** Forgets what was counted. */
  reset(): void
  /** PostgreSQL: the texts of the statements executed, in order. */
  statements(): string[]
  /** Any protocol: how often a client spoke after the server had answered. */
  roundTrips(): number
  /** Ends the connections that are open, so that the next statement needs a new one. */
  cut(): void
}

/** A proxy in front of a server that counts what passes, independently of every client library. */
export async function tapPostgres(t: ExecutionContext<unknown>, url: string): Promise<WireTap> {
  const executed: string[] = []
  const tap = await startTap(t, url, () => new FrontendReader((text) => executed.push(text)))
  const reset = () => {
    tap.reset()
    executed.length = 0
  }
  return { ...tap, reset, statements: () => [...executed] }
}

export async function tapRedis(t: ExecutionContext<unknown>, url: string): Promise<WireTap> {
  return { ...(await startTap(t, url, () => ({ read: () => {} }))), statements: () => [] }
}

interface Reader {
  read(chunk: Buffer): void
}

async function startTap(t: ExecutionContext<unknown>, url: string, makeReader: () => Reader) {
  const target = new URL(url)
  const sockets = new Set<Socket>()
  let trips = 0
  const server = createServer((client) => {
    const upstream = connect(Number(target.port), target.hostname)
    const reader = makeReader()
    let serverSpokeLast = true
    client.on('data', (chunk) => {
      if (serverSpokeLast) trips++
      serverSpokeLast = false
      reader.read(chunk)
      upstream.write(chunk)
    })
    upstream.on('data', (chunk) => {
      serverSpokeLast = true
      client.write(chunk)
    })
    for (const [one, other] of [
      [client, upstream],
      [upstream, client],
    ] as const) {
      sockets.add(one)
      one.on('error', () => other.destroy())
      one.on('close', () => {
        sockets.delete(one)
        other.destroy()
      })
    }
  })
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  const cut = () => {
    for (const socket of sockets) socket.destroy()
  }
  cleanUp(t, () => {
    cut()
    server.close()
  })
  const tapped = new URL(url)
  tapped.hostname = '127.0.0.1'
  tapped.port = String((server.address() as AddressInfo).port)
  const reset = () => {
    trips = 0
  }
  return { url: tapped.href, reset, roundTrips: () => trips, cut }
}

/** Reads the client's side of PostgreSQL's protocol 3: Query, and Parse, Bind, Execute. */
class FrontendReader implements Reader {
  readonly #executed: (text: string) => void
  readonly #prepared = new Map<string, string>()
  readonly #portals = new Map<string, string>()
  #buffer = Buffer.alloc(0)
  #started = false

  constructor(executed: (text: string) => void) {
    this.#executed = executed
  }

  read(chunk: Buffer): void {
    this.#buffer = Buffer.concat([this.#buffer, chunk])
    for (;;) {
      const header = this.#started ? 1 : 0
      if (this.#buffer.length < header + 4) return
      const length = this.#buffer.readInt32BE(header) + header
      if (this.#buffer.length < length) return
      const type = this.#started ? String.fromCharCode(this.#buffer[0] as number) : ''
      this.#message(type, this.#buffer.subarray(header + 4, length))
      this.#started = true
      this.#buffer = this.#buffer.subarray(length)
    }
  }

  #message(type: string, body: Buffer): void {
    const texts = body.toString('latin1').split('\0')
    if (type === 'Q') this.#executed(texts[0] as string)
    if (type === 'P') this.#prepared.set(texts[0] as string, texts[1] as string)
    if (type === 'B') this.#portals.set(texts[0] as string, this.#prepared.get(texts[1] as string) ?? '')
    if (type === 'E') this.#executed(this.#portals.get(texts[0] as string) ?? '')
  }
}
