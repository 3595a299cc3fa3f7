import { setTimeout as sleep } from 'node:timers/promises'
import { eventually } from '../helpers/eventually.ts'
import { freePort } from '../helpers/services/ports.ts'
import type { Role } from './role.ts'
import type { World } from './world.ts'

/** Ratings of each post of the twin: more than the world has users, so that figures tell whose they are. */
const ratings = 999

/** Another deployment: a database of its own on the same server, and the same names in Redis and Kafka. */
export class Twin {
  /** Those that write to Redis. */
  readonly roles: readonly Role[]
  readonly #api: { role: Role; url: string }
  readonly #env: Record<string, string>
  readonly #world: World
  readonly #database: string

  private constructor(world: World, database: string, port: number) {
    const url = new URL(world.postgres.url)
    url.pathname = `/${database}`
    this.#world = world
    this.#database = database
    this.#env = { DATABASE_URL: url.toString() }
    const role = (name: string, ...args: string[]) => world.addRole('other', `${database}-${name}`, args)
    this.roles = [role('relay', 'relay'), role('consumer', 'consumer')]
    const args = ['serve', '--no-relay', '--auth', 'header:X-User', '--port', String(port)]
    this.#api = { role: role('api', ...args), url: `http://127.0.0.1:${port}` }
  }

  /** Made with the same posts as the world's, all rated 0, and its statistics are up to date. */
  static async create(world: World): Promise<Twin> {
    const database = `twin${Date.now()}`
    await world.sql(`create database ${database}`)
    const twin = new Twin(world, database, await freePort())
    await twin.#migrate()
    const session = await world.connect(database)
    await session.query(
      `insert into post_rate.posts (title, content, created_by) select 'Twin', 'Text', 'faults'
       from generate_series(1, $1::int)`,
      [world.posts.length],
    )
    await session.query(
      `insert into post_rate.ratings (post_id, user_id, score)
       select p.id, 'twin-' || n, 0 from post_rate.posts p, generate_series(1, ${ratings}) n`,
    )
    await twin.#fold(() => session.query('select from post_rate.rating_outbox limit 1'))
    await session.end()
    return twin
  }

  start(role: Role): void {
    role.start({ env: this.#env })
  }

  /**
   * Reads pages of both deployments until `over` says so.
   * @returns how many pages were read, and every figure that was another deployment's
   */
  async watch(over: () => boolean): Promise<{ pages: number; foreign: string[] }> {
    const { role, url } = this.#api
    this.start(role)
    await role.says(/^http:/m)
    const foreign: string[] = []
    let pages = 0
    const read = async (from: string, isForeign: (count: number) => boolean) => {
      while (!over()) {
        const answer = await fetch(`${from}/posts?limit=30`, { signal: AbortSignal.timeout(20_000) }).catch(() => null)
        if (answer?.ok) {
          pages++
          const { items } = (await answer.json()) as { items: { id: number; stats: { count: number } }[] }
          for (const { id, stats } of items)
            if (isForeign(stats.count)) foreign.push(`post ${id} of ${from} has a count of ${stats.count}`)
        }
        await sleep(10)
      }
    }
    await Promise.all([
      ...this.#world.apiUrls.map((from) => read(from, (count) => count > this.#world.users.length)),
      read(url, (count) => count !== ratings),
    ])
    return { pages, foreign: foreign.slice(0, 5) }
  }

  async remove(): Promise<void> {
    await Promise.all([...this.roles, this.#api.role].map((role) => role.stop()))
    await this.#world.sql(`drop database ${this.#database} with (force)`)
  }

  async #migrate(): Promise<void> {
    const role = this.#world.addRole('other', `${this.#database}-migrate`, ['migrate'])
    role.start({ env: this.#withoutOthers })
    await eventually(() => !role.running, { timeout: 60_000, message: 'migrate did not end' })
    await role.stop()
    if (role.endings.at(-1)?.code !== 0) throw new Error(role.output)
  }

  async #fold(pending: () => Promise<{ rowCount: number | null }>): Promise<void> {
    const role = this.#world.addRole('other', `${this.#database}-first-relay`, ['relay'])
    role.start({ env: this.#withoutOthers })
    await eventually(async () => (await pending()).rowCount === 0, {
      timeout: 60_000,
      message: 'The twin is not folded',
    })
    await role.stop()
  }

  /** Redis and Kafka are the world's yet. */
  get #withoutOthers(): Record<string, string> {
    return { ...this.#env, REDIS_URL: '', KAFKA_BROKERS: '' }
  }
}
