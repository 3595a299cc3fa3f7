import { createServer, type Server, type Socket, connect as tcpConnect } from 'node:net'
import { freePort } from '../helpers/services/ports.ts'

/** What happens to the bytes of one direction. */
export interface Flow {
  /** Nothing is read: the sender's kernel fills up, nobody learns of it, and what was held flows on after the heal. */
  held: boolean
  /** Milliseconds that every chunk is late. */
  delayMs: number
  /** Bytes a second; Infinity for no limit. */
  bytesPerSecond: number
}

const open: Flow = { held: false, delayMs: 0, bytesPerSecond: Number.POSITIVE_INFINITY }

interface Pair {
  client: Socket
  server: Socket
}

/** A TCP proxy between the roles and one server, whose faults can be switched on while connections are in use. */
export class TcpProxy {
  readonly port: number
  /** Bytes from the clients to the server. */
  toServer: Flow = open
  /** Bytes from the server to the clients. */
  toClient: Flow = open
  /** Connections accepted so far. */
  accepted = 0
  /** Chunks that were late, limited, held or cut. */
  disturbed = 0
  readonly #server: Server
  readonly #pairs = new Set<Pair>()
  readonly #host: string
  #target: number
  #refusing = false

  private constructor(server: Server, port: number, target: number, host: string) {
    this.#host = host
    this.#server = server
    this.port = port
    this.#target = target
    server.on('connection', (client) => this.#accept(client))
  }

  /** In front of `target`, a port of this machine unless `host` names another. */
  static async start(target: number, host = '127.0.0.1'): Promise<TcpProxy> {
    const port = await freePort()
    const server = createServer()
    await new Promise<void>((resolve, reject) => {
      server.once('error', reject)
      server.listen(port, '127.0.0.1', resolve)
    })
    return new TcpProxy(server, port, target, host)
  }

  /** Leads new connections to another server and ends those to the old one, as a failover does. */
  retarget(target: number): void {
    this.#target = target
    this.cut()
  }

  /** Resets every connection. */
  cut(): void {
    this.disturbed += this.#pairs.size
    for (const { client, server } of this.#pairs) {
      client.resetAndDestroy()
      server.resetAndDestroy()
    }
    this.#pairs.clear()
  }

  /** Cuts, and resets every new connection at once. */
  refuse(): void {
    this.#refusing = true
    this.cut()
  }

  /** Both directions stand still; connections stay open and new ones are accepted. */
  blackHole(): void {
    this.set({ held: true })
  }

  /** Answers no longer arrive although requests do. The connections are reset by {@link cut}, or answers flow on by {@link heal}. */
  loseReplies(): void {
    this.set({ held: true }, 'toClient')
  }

  set(flow: Partial<Flow>, direction?: 'toServer' | 'toClient'): void {
    if (direction !== 'toClient') this.toServer = { ...this.toServer, ...flow }
    if (direction !== 'toServer') this.toClient = { ...this.toClient, ...flow }
    for (const pair of this.#pairs) this.#resume(pair)
  }

  heal(): void {
    this.#refusing = false
    this.toServer = open
    this.toClient = open
    for (const pair of this.#pairs) this.#resume(pair)
  }

  async close(): Promise<void> {
    this.cut()
    await new Promise((resolve) => this.#server.close(resolve))
  }

  #resume({ client, server }: Pair): void {
    if (this.toServer.held) client.pause()
    else client.resume()
    if (this.toClient.held) server.pause()
    else server.resume()
  }

  #accept(client: Socket): void {
    this.accepted++
    client.on('error', () => {})
    if (this.#refusing) {
      this.disturbed++
      client.resetAndDestroy()
      return
    }
    const server = tcpConnect(this.#target, this.#host)
    server.on('error', () => {})
    for (const socket of [client, server]) socket.setNoDelay(true)
    const pair = { client, server }
    this.#pairs.add(pair)
    this.#pump(client, server, () => this.toServer)
    this.#pump(server, client, () => this.toClient)
    const end = () => {
      this.#pairs.delete(pair)
      client.destroy()
      server.destroy()
    }
    client.on('close', end)
    server.on('close', end)
    this.#resume(pair)
    if (this.toServer.held || this.toClient.held) this.disturbed++
  }

  #pump(from: Socket, to: Socket, flow: () => Flow): void {
    // Chunks keep their order also when the delay changes while some wait.
    let last: Promise<void> = Promise.resolve()
    let waiting = 0
    from.on('data', (chunk) => {
      const { delayMs, bytesPerSecond } = flow()
      const wait = delayMs + (1000 * chunk.length) / bytesPerSecond
      if (wait === 0 && waiting === 0) {
        if (!to.write(chunk)) from.pause()
        return
      }
      this.disturbed++
      waiting++
      const due = performance.now() + wait
      last = last.then(async () => {
        const left = due - performance.now()
        if (left > 0) await new Promise((resolve) => setTimeout(resolve, left))
        waiting--
        if (!to.destroyed) to.write(chunk)
      })
      if (Number.isFinite(bytesPerSecond)) {
        from.pause()
        void last.then(() => !flow().held && from.resume())
      }
    })
    to.on('drain', () => !flow().held && from.resume())
    from.on('end', () => void last.then(() => to.end()))
  }
}
