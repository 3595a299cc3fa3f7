import type { RebuildProgress, RebuildRun, RebuildStore, TakeRebuild } from '../../ports/rebuild-store.ts'
import type { PostgresDatabase, Row } from './postgres-database.ts'
import { isoTime } from './stats-row.ts'

/** The run in one row; holders are taken for dead by the database's clock. */
export class PostgresRebuildStore implements RebuildStore {
  readonly #database: PostgresDatabase

  constructor(database: PostgresDatabase) {
    this.#database = database
  }

  async take(holder: string, { restart, deadAfterSeconds, staleAfterSeconds }: TakeRebuild): Promise<RebuildRun> {
    const anew = '$2 or p.seen_at < clock_timestamp() - make_interval(secs => $4)'
    const first = { began_at: 'clock_timestamp()', last_post: '0', posts: '0', repaired: '0', seconds: '0' }
    const set = Object.entries(first).map(
      ([column, value]) => `${column} = case when ${anew} then ${value} else p.${column} end`,
    )
    await this.#database.query({
      text: `
insert into ${this.#run} as p (holder) values ($1)
on conflict (singleton) do update set holder = $1, seen_at = clock_timestamp(), ${set.join(', ')}
where p.holder in ('', $1) or p.seen_at < clock_timestamp() - make_interval(secs => $3)
  or p.seen_at > clock_timestamp() + interval '5 s'`,
      values: [holder, restart, deadAfterSeconds, staleAfterSeconds],
    })
    const [row] = await this.#database.query(
      `select *, extract(epoch from clock_timestamp() - seen_at)::float8 as silent from ${this.#run}`,
    )
    // Between the two statements its holder may have finished it.
    return row ? runOfRow(row) : this.take(holder, { restart, deadAfterSeconds, staleAfterSeconds })
  }

  async save(holder: string, { last, posts, repaired, seconds }: RebuildProgress): Promise<boolean> {
    const rows = await this.#database.query({
      text: `update ${this.#run} set seen_at = clock_timestamp(), last_post = $2, posts = $3, repaired = $4, seconds = $5
where holder = $1 returning holder`,
      values: [holder, last, posts, repaired, seconds],
    })
    return rows.length > 0
  }

  async leave(holder: string, finished: boolean): Promise<void> {
    await this.#database.query({
      text: finished
        ? `delete from ${this.#run} where holder = $1`
        : `update ${this.#run} set holder = '' where holder = $1`,
      values: [holder],
    })
  }

  get #run(): string {
    return `${this.#database.schema}.rebuild_progress`
  }
}

function runOfRow(row: Row): RebuildRun {
  return {
    holder: row.holder as string,
    beganAt: isoTime(row.began_at as number),
    last: row.last_post as number,
    posts: row.posts as number,
    repaired: row.repaired as number,
    seconds: row.seconds as number,
    silentSeconds: Math.max(0, row.silent as number),
  }
}
