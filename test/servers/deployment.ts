import type { ExecutionContext } from 'ava'
import type { Timings } from '../../packages/post-rate/src/container.ts'
import { Ledger } from '../faults/ledger.ts'
import { Load, type LoadFigures } from '../faults/load.ts'
import { cleanUp } from '../helpers/clean-up.ts'
import { type RunningCommand, runCommand, startCommand, startRole } from '../helpers/command.ts'
import { eventually } from '../helpers/eventually.ts'
import { judge } from '../helpers/judge.ts'
import { Random } from '../helpers/random.ts'
import { runSql } from '../helpers/test-database.ts'

export interface DeploymentOptions {
  /** The database itself, past any pooler. */
  database: string
  /** Of every process. */
  env: Record<string, string>
  /** The nodes of Redis, which the judge reads. */
  redis: readonly string[]
  apis?: number
  relays?: number
  consumers?: number
  posts?: number
  writesPerSecond?: number
  readsPerSecond?: number
  /** Durations of the relays and consumers. Default: those of `post-rate relay` and `post-rate consumer`. */
  timings?: Timings
}

/** Nothing hangs, also on a machine that has other things to do. */
const longestReadMs = 30_000

/** The full profile as processes of its own, under a load whose every answer is noted and judged. */
export class Deployment {
  readonly relays: RunningCommand[]
  readonly consumers: RunningCommand[]
  readonly load: Load
  readonly #t: ExecutionContext<unknown>
  readonly #options: DeploymentOptions
  readonly #ledger = new Ledger()

  private constructor(
    t: ExecutionContext<unknown>,
    options: DeploymentOptions,
    apis: string[],
    posts: number[],
    roles: { relays: RunningCommand[]; consumers: RunningCommand[] },
  ) {
    this.#t = t
    this.#options = options
    this.relays = roles.relays
    this.consumers = roles.consumers
    const { writesPerSecond = 15, readsPerSecond = 8 } = options
    const users = Array.from({ length: 120 }, (_, n) => `user-${n}`)
    this.load = new Load({
      ...{ apis, ledger: this.#ledger, random: new Random(1), posts, users, writesPerSecond, readsPerSecond },
    })
    cleanUp(t, async () => {
      await this.load.stop()
      this.load.close()
    })
  }

  static async start(t: ExecutionContext<unknown>, options: DeploymentOptions): Promise<Deployment> {
    const { database, env, apis = 1, relays = 1, consumers = 1, posts = 60 } = options
    const start = (count: number, one: () => RunningCommand) => Array.from({ length: count }, one)
    const api = ['serve', '--port', '0', '--auth', 'header:X-User', '--no-relay']
    const servers = start(apis, () => startCommand(t, api, env))
    const roles = {
      relays: start(relays, () => begin(t, 'relay', options)),
      consumers: start(consumers, () => begin(t, 'consumer', options)),
    }
    const rows = await runSql<{ id: string }>(
      database,
      `insert into post_rate.posts (title, content, created_by)
       select 'Post ' || n, 'Text', 'author' from generate_series(1, $1::int) n returning id`,
      [posts],
    )
    const urls = await Promise.all(servers.map(async (server) => (await server.says(/http:\/\/[\d.:]+/, 60_000))[0]))
    await Promise.all(roles.relays.map((relay) => relay.says(/The relay runs/, 60_000)))
    await Promise.all(roles.consumers.map((consumer) => consumer.says(/The consumer runs/, 60_000)))
    const ids = rows.map(({ id }) => Number(id))
    // Their connections are open and their code is compiled before anybody measures.
    for (const url of urls)
      for (let n = 0; n < 10; n++) await eventually(async () => (await fetch(`${url}/posts`)).ok, { timeout: 60_000 })
    return new Deployment(t, options, urls, ids, roles)
  }

  /** One more relay or consumer. */
  join(role: 'relay' | 'consumer'): RunningCommand {
    const process = begin(this.#t, role, this.#options)
    ;(role === 'relay' ? this.relays : this.consumers).push(process)
    return process
  }

  /** Waits until the load has had so many more good answers. */
  async answered(more: number): Promise<void> {
    const before = this.load.statusCount(200)
    await eventually(() => this.load.statusCount(200) >= before + more, { timeout: 60_000 })
  }

  async run(...argv: string[]): Promise<string> {
    const { code, stdout, stderr } = await runCommand(this.#t, argv, this.#options.env)
    this.#t.is(code, 0, `${argv.join(' ')}: ${stdout}${stderr}`)
    return stdout
  }

  /** Ends the load, and waits until everything is where it has to be; tells how long that took and what clients saw. */
  async settled(what: string): Promise<LoadFigures> {
    const t = this.#t
    await this.load.stop()
    const began = performance.now()
    await eventually(() => this.#atRest(), { timeout: 60_000, interval: 250 }).catch((error: Error) => {
      throw new Error(`${what}: it did not heal in 60 s. ${error.cause}`)
    })
    const seconds = (performance.now() - began) / 1000
    const figures = this.load.takeFigures()
    const worst = figures.readLatencies.at(-1) ?? 0
    const statuses = [...figures.statuses].map(([status, times]) => `${status}: ${times}`).join(', ')
    t.log(
      `${what}: ${figures.accepted} accepted, ${figures.unknown} unknown (${statuses}), 0 lost, at rest after ${seconds.toFixed(1)} s, worst read ${Math.round(worst)} ms`,
    )
    t.deepEqual(figures.wrong, [], what)
    t.true(figures.accepted > 0, what)
    t.true(worst < longestReadMs, `${what}: a read took ${worst} ms`)
    return figures
  }

  /** Everything acknowledged is stored, folded, published and in Redis. */
  async #atRest(): Promise<boolean> {
    const { database, redis, env } = this.#options
    if ((await runSql(database, 'select from post_rate.rating_outbox limit 1')).length > 0)
      throw new Error('The outbox is not empty.')
    const rows = await runSql<{ pair: string; score: number }>(
      database,
      `select post_id || ' ' || user_id as pair, score from post_rate.ratings`,
    )
    const lost = this.#ledger.compare(new Map(rows.map(({ pair, score }) => [pair, score])))
    if (lost.length > 0) throw new Error(lost.slice(0, 10).join('\n'))
    await judge(database, redis.join(','), env.POST_RATE_REDIS_PREFIX ?? 'post-rate:')
    return true
  }
}

function begin(
  t: ExecutionContext<unknown>,
  role: 'relay' | 'consumer',
  { env, timings }: DeploymentOptions,
): RunningCommand {
  return timings === undefined ? startCommand(t, [role], env) : startRole(t, role, env, timings)
}
