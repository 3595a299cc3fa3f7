import type { Redis } from 'ioredis'
import type { RedisLike } from '../../../packages/post-rate/src/options.ts'
import { type Footprint, noFootprint } from '../footprint.ts'

/** A command that waits for its turn. */
export interface Arrival {
  label: string
  footprint: Footprint
}

/** Lets commands through one at a time. */
export interface Turnstile {
  arrive(arrival: Arrival): Promise<void>
}

const reading = new Set(['hget', 'hmget', 'hgetall'])

/**
 * A client, as a host could give it, whose pipelines are sent a command at a time, each when its turn comes: on the way to
 * the server other clients' commands may get between those of a pipeline.
 */
export class TurnRedis {
  turnstile: Turnstile | null = null
  readonly client: Redis
  readonly #prefix: string

  constructor(client: Redis, prefix: string) {
    this.client = client
    this.#prefix = prefix
  }

  /** What the library is given. */
  get asClient(): RedisLike {
    return new Proxy(this.client, {
      get: (client, name) => {
        if (name === 'pipeline') return () => this.#pipeline()
        const value = Reflect.get(client, name, client) as unknown
        return typeof value === 'function' ? value.bind(client) : value
      },
    }) as unknown as RedisLike
  }

  /** One command of the session's own. */
  async send(name: string, ...args: (string | number)[]): Promise<unknown> {
    await this.#turn(name, args)
    return this.client.call(name, ...args)
  }

  #pipeline(): unknown {
    const commands: [name: string, args: (string | number)[]][] = []
    const exec = async () => {
      const replies: [Error | null, unknown][] = []
      for (const [name, args] of commands) {
        await this.#turn(name, args)
        replies.push(await this.#run(name, args))
      }
      return replies
    }
    const pipeline: unknown = new Proxy(
      {},
      {
        get: (_target, name) => {
          if (name === 'exec') return exec
          return (...args: (string | number)[]) => {
            if (name === 'call') commands.push([String(args[0]).toLowerCase(), args.slice(1)])
            else commands.push([String(name), args])
            return pipeline
          }
        },
      },
    )
    return pipeline
  }

  async #run(name: string, args: (string | number)[]): Promise<[Error | null, unknown]> {
    const command = (this.client as unknown as Record<string, (...args: unknown[]) => Promise<unknown>>)[name]
    try {
      return [null, await command?.apply(this.client, args)]
    } catch (error) {
      return [error as Error, undefined]
    }
  }

  async #turn(name: string, args: readonly (string | number)[]): Promise<void> {
    const key = String(args[0] ?? '')
    const keys = new Set([key])
    const footprint: Footprint = reading.has(name)
      ? { ...noFootprint, reads: keys }
      : { ...noFootprint, reads: keys, writes: keys, publishes: keys, alone: name === 'SCRIPT' }
    const version = name === 'postRateGate' ? ` version ${args[5]} ${args[1] === '1' ? 'trusted' : 'untrusted'}` : ''
    const label = `${name} ${key.replace(this.#prefix, '')}${version}`
    await this.turnstile?.arrive({ label, footprint })
  }
}
