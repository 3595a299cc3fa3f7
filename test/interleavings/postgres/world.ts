import { randomUUID } from 'node:crypto'
import type pg from 'pg'
import { createContainer, partOf } from '../../../packages/post-rate/src/container.ts'
import type { Ports } from '../../../packages/post-rate/src/ports/ports.ts'
import type { Deployment } from '../../../packages/post-rate/src/services/deployment.ts'
import { foldBatch } from '../../../packages/post-rate/src/services/relay-outbox.ts'
import { Violation } from '../explore.ts'
import { Observer } from './observer.ts'
import { TurnPool } from './turn-pool.ts'

/** One process of the library: its shipped adapters on a pool of its own. */
export interface Process {
  pool: TurnPool
  /** Under which name it holds leases. */
  holder: string
  deployment: Deployment
  ports: Pick<
    Ports,
    | 'ratingStore'
    | 'outbox'
    | 'leaseStore'
    | 'stateStore'
    | 'auditStore'
    | 'settingsStore'
    | 'moderationStore'
    | 'userExclusionStore'
    | 'quarantineStore'
  >
}

/** What the sessions of every run start from. */
export type SetUp = (world: World) => Promise<void>

const silent = [
  'rating_outbox',
  'post_stats',
  'relay_progress',
  'leases',
  'settings',
  'exclusions',
  'withdrawals',
  'excluded_users',
]
/** Those whose triggers write into others first. */
const tables = ['posts', 'ratings', ...silent]

/** A database, the processes that run on it, and one beginning for all runs. */
export class World {
  readonly observer: Observer
  /** Runs statements at once: for what comes before the sessions, and after them. */
  readonly free: Process
  readonly #url: string
  readonly #processes: Process[] = []
  #setUp: SetUp | null = null
  #reset = ''

  private constructor(url: string, observer: Observer) {
    this.#url = url
    this.observer = observer
    this.free = openProcess(url)
  }

  static async open(url: string): Promise<World> {
    return new World(url, await Observer.connect(url))
  }

  /** The n-th process; warm, so that every run has the same statements. */
  async process(n: number): Promise<Process> {
    while (this.#processes.length <= n) {
      const opened = openProcess(this.#url)
      await warmUp(opened)
      this.#processes.push(opened)
    }
    const found = this.#processes[n] as Process
    found.pool.turnstile = null
    await found.pool.query('select')
    return found
  }

  /** Brings everything to the beginning that `setUp` makes, which is made once and copied afterwards. */
  async begin(setUp: SetUp): Promise<void> {
    if (this.#setUp !== setUp) await this.#make(setUp)
    await this.observer.run(this.#reset)
    // It is remembered for some seconds: asked again in the middle of a run, it would be a statement that other runs lack.
    const row = await this.free.ports.settingsStore.load()
    for (const { deployment } of this.#processes) deployment.remember(row)
  }

  async sql(text: string, values: unknown[] = []): Promise<pg.QueryResult> {
    return this.free.pool.query({ text, values })
  }

  async close(): Promise<void> {
    for (const { pool } of [...this.#processes, this.free]) await pool.end()
    await this.observer.end()
  }

  async #make(setUp: SetUp): Promise<void> {
    await this.observer.run(emptied)
    await setUp(this)
    await this.observer.run(
      tables
        .map(
          (table) => `drop table if exists public.begin_${table};
create table public.begin_${table} as select * from post_rate.${table};`,
        )
        .join('\n'),
    )
    // The rows that the triggers write on the way go last, before their own copy comes back.
    const { rows } = await this.sql(
      `select table_name as table, string_agg(quote_ident(column_name), ', ' order by ordinal_position) as columns
from information_schema.columns where table_schema = 'post_rate' and table_name = any ($1) group by 1`,
      [tables],
    )
    const columns = new Map(rows.map((row) => [row.table as string, row.columns as string]))
    const copy = (table: string) =>
      `insert into post_rate.${table} (${columns.get(table)}) overriding system value select ${columns.get(table)} from public.begin_${table};`
    this.#reset = `begin;
delete from post_rate.posts; delete from post_rate.ratings; delete from post_rate.excluded_users; delete from post_rate.exclusions;
${copy('posts')} ${copy('ratings')}
${silent.map((table) => `delete from post_rate.${table};`).join(' ')}
${silent.map(copy).join(' ')}
commit;`
    this.#setUp = setUp
  }
}

const emptied = `
delete from post_rate.posts; delete from post_rate.ratings; delete from post_rate.rating_outbox;
delete from post_rate.post_stats; delete from post_rate.relay_progress; delete from post_rate.leases;
delete from post_rate.exclusions; delete from post_rate.excluded_users;
update post_rate.settings set display = 'freeze', window_seconds = 86400, prior_weight = 10, prior_mean = 2.5,
  relay_shards = 1, effective_at = '2020-01-01', previous = null, version_floor = 0;`

function openProcess(url: string): Process {
  const pool = new TurnPool(url)
  const container = createContainer({ database: pool })
  const ports = {
    ratingStore: partOf(container, 'ratingStore'),
    outbox: partOf(container, 'outbox'),
    leaseStore: partOf(container, 'leaseStore'),
    stateStore: partOf(container, 'stateStore'),
    auditStore: partOf(container, 'auditStore'),
    settingsStore: partOf(container, 'settingsStore'),
    moderationStore: partOf(container, 'moderationStore'),
    userExclusionStore: partOf(container, 'userExclusionStore'),
    quarantineStore: partOf(container, 'quarantineStore'),
  }
  return { pool, ports, holder: randomUUID(), deployment: partOf(container, 'deployment') }
}

/** What a process asks once is asked before the first run. */
async function warmUp({ ports }: Process): Promise<void> {
  await ports.ratingStore.rate([])
  await ports.auditStore.compareOnly([])
}

/** Folds until nothing is left, as the relay's loop does. */
export async function foldAll({ ports }: Process, shard = { index: 0, count: 1 }): Promise<void> {
  for (let round = 0; round < 50; round++) if ((await ports.outbox.fold(shard, 500, foldBatch)).drained) return
  throw new Violation('Folding does not come to an end: the same rows are found again and again')
}

/** Publishes everything to `topic`, as the relay's loop does. */
export async function publishAll({ ports }: Process, topic: unknown[]): Promise<void> {
  for (let round = 0; round < 50; round++) {
    const changes = await ports.outbox.unpublished({ index: 0, count: 1 }, 500)
    if (changes.length === 0) return
    topic.push(...changes.map(({ message }) => message))
    await ports.outbox.acknowledge(changes.map(({ id }) => id))
  }
  throw new Violation('Publishing does not come to an end')
}
