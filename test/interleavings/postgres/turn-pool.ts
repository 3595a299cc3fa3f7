import { EventEmitter } from 'node:events'
import pg from 'pg'
import { type Footprint, noFootprint, together } from '../footprint.ts'
import { footprintOfSql, published } from './sql-footprint.ts'

/** What becomes of a statement that waited for its turn. */
export type Verdict =
  | 'run'
  /** The connection is lost before the statement reaches the server. */
  | 'kill'
  /** The server carries it out, and the connection is lost before the answer. */
  | 'lose'

/** A statement that waits for its turn. */
export interface Arrival {
  label: string
  footprint: Footprint
  /** It commits: what it wrote is there to stay, also when the answer is lost. */
  commits: boolean
  /** What the session holds at this moment goes with its connection. */
  held: Footprint
}

/** Lets statements through one at a time. */
export interface Turnstile {
  arrive(arrival: Arrival): Promise<Verdict>
}

type Query = pg.QueryConfig | string

/** The run is over for this session. */
export class Abandoned extends Error {
  constructor() {
    super('this schedule is given up')
  }
}

/**
 * One session's pool, as a host could give it: a single connection on which every statement, also begin and commit,
 * waits for its turn. Without a turnstile statements pass.
 */
export class TurnPool extends EventEmitter {
  readonly totalCount = 1
  readonly ended = false
  readonly options: pg.ClientConfig
  turnstile: Turnstile | null = null
  #client: pg.Client | null = null
  #held: Footprint = noFootprint

  constructor(url: string) {
    super()
    this.options = {
      connectionString: url,
      application_name: 'interleavings',
      // Deadlocks are looked for at once; what a commit's fsync costs proves nothing here.
      options: '-c deadlock_timeout=25ms -c synchronous_commit=off',
    }
  }

  /** The backend of the connection; undefined where there is none. */
  get pid(): number | undefined {
    return (this.#client as { processID?: number } | null)?.processID
  }

  async query(query: Query): Promise<pg.QueryResult> {
    const client = await this.#live()
    const footprint = published(footprintOfSql(textOf(query)))
    const commits = footprint.writes.size > 0
    return this.#pass(client, query, { label: labelOf(query), footprint, commits, held: noFootprint })
  }

  async connect() {
    const client = await this.#live()
    this.#held = noFootprint
    return {
      query: (query: Query) => this.#inTransaction(client, query),
      on: (event: 'error', listener: (error: Error) => void) => client.on(event, listener),
      off: (event: 'error', listener: (error: Error) => void) => client.off(event, listener),
      release: async (broken?: Error | boolean) => {
        if (broken && this.#client === client) await this.#drop()
      },
    }
  }

  async end(): Promise<void> {
    await this.#drop()
  }

  /** Forgets the connection, which the server has ended. */
  lost(): void {
    this.#client?.end().catch(() => {})
    this.#client = null
  }

  /** After an abandoned run: whatever transaction is open is undone. */
  async undo(): Promise<void> {
    await this.#client?.query('rollback').catch(() => this.lost())
  }

  async #inTransaction(client: pg.Client, query: Query): Promise<pg.QueryResult> {
    const text = textOf(query)
    const ends = /^(commit|rollback)$/i.exec(text.trim())?.[1]?.toLowerCase()
    const held = this.#held
    if (ends !== undefined) {
      const footprint = ends === 'commit' ? published(held) : held
      const result = await this.#pass(client, query, { label: ends, footprint, commits: ends === 'commit', held })
      this.#held = noFootprint
      return result
    }
    const footprint = footprintOfSql(text)
    this.#held = together(held, { ...noFootprint, shares: footprint.shares, writes: footprint.writes })
    return this.#pass(client, query, { label: labelOf(query), footprint, commits: false, held })
  }

  async #pass(client: pg.Client, query: Query, arrival: Arrival): Promise<pg.QueryResult> {
    if (client !== this.#client) throw connectionLost()
    const verdict = this.turnstile === null ? 'run' : await this.turnstile.arrive(arrival)
    if (verdict === 'kill' || client !== this.#client) throw connectionLost()
    const result = (await client.query(query as pg.QueryConfig)) as pg.QueryResult
    if (verdict !== 'lose') return result
    await this.#drop()
    throw connectionLost()
  }

  async #live(): Promise<pg.Client> {
    if (this.#client !== null) return this.#client
    const client = new pg.Client(this.options)
    client.on('error', () => {
      if (this.#client === client) this.#client = null
    })
    await client.connect()
    this.#client = client
    return client
  }

  async #drop(): Promise<void> {
    const client = this.#client
    this.#client = null
    await client?.end().catch(() => {})
  }
}

/** In pg's own words. */
function connectionLost(): Error {
  return new Error('Connection terminated unexpectedly')
}

function textOf(query: Query): string {
  return typeof query === 'string' ? query : query.text
}

/** Short enough for a line of a schedule. */
function labelOf(query: Query): string {
  const name = typeof query === 'string' ? undefined : query.name
  const text = textOf(query).trim().replace(/\s+/g, ' ').replaceAll('post_rate.', '')
  return name?.replace('post_rate.', '') ?? (text.startsWith('begin;') ? 'begin' : text.slice(0, 60))
}
