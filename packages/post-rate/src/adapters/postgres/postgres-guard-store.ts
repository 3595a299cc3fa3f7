import type { PostStats } from '../../domain/post-stats.ts'
import type { GuardStore } from '../../ports/guard-store.ts'
import type { PostgresDatabase } from './postgres-database.ts'
import { type StatsRow, statsColumns, statsOfRow } from './stats-row.ts'

const armed = `s.step_at is not null and s.guard ->> 'armed' = 'true'`

/** Found by the index of pending steps: however many posts there are, only those with an event in their window are looked at. */
export class PostgresGuardStore implements GuardStore {
  readonly #database: PostgresDatabase

  constructor(database: PostgresDatabase) {
    this.#database = database
  }

  async armed(limit: number): Promise<PostStats[]> {
    const rows = await this.#database.query<StatsRow>({
      text: `select ${statsColumns('s')} from ${this.#database.schema}.post_stats s where ${armed}
order by abs((s.guard ->> 'gap')::float8) desc, s.post_id limit $1`,
      values: [limit],
    })
    return rows.map(statsOfRow)
  }

  async count(): Promise<number> {
    const [row] = await this.#database.query<{ n: number }>({
      text: `select count(*)::int as n from ${this.#database.schema}.post_stats s where ${armed}`,
    })
    return row?.n ?? 0
  }

  async release(postId: number): Promise<boolean> {
    const { schema } = this.#database
    const rows = await this.#database.query({
      text: `insert into ${schema}.rating_outbox (kind, post_id)
select 'released', s.post_id from ${schema}.post_stats s where s.post_id = $1 and s.guard ->> 'armed' = 'true' returning id`,
      values: [postId],
    })
    return rows.length > 0
  }
}
