import type { AuditedRange, AuditProgress } from '../../ports/audit-store.ts'
import type { PostgresDatabase } from './postgres-database.ts'
import { physicalDatabase } from './postgres-state-store.ts'

interface ProgressRow {
  tables: string
  restored: boolean
  bypassed: boolean
  last_post: number
  posts: number
  repaired: number
  range_at: number
  passed_at: number | null
  repaired_at: number | null
  now: number
}

/** The name of the tables that are there, as in the migration that made the row. Null on a standby, where nothing is written. */
function tablesOf(schema: string): string {
  return `(select ${physicalDatabase} || ':' || '${schema}.ratings'::regclass::oid)`
}

/** The one row of `audit_progress`. */
export class PostgresAuditProgress {
  readonly #database: PostgresDatabase

  constructor(database: PostgresDatabase) {
    this.#database = database
  }

  async read(): Promise<AuditProgress> {
    const { schema } = this.#database
    const [row] = await this.#database.query<ProgressRow>({
      name: 'audit-progress',
      text: `
select coalesce(t.name, p.tables, '') as tables, p.tables is null or coalesce(t.name <> p.tables, false) as restored,
  coalesce(p.bypassed, false) as bypassed, coalesce(p.last_post, 0) as last_post, coalesce(p.posts, 0) as posts,
  coalesce(p.repaired, 0) as repaired, coalesce(p.range_at, clock_timestamp()) as range_at, p.passed_at, p.repaired_at,
  clock_timestamp() as now
from ${tablesOf(schema)} t (name) left join ${schema}.audit_progress p on true`,
    })
    const { tables, restored, bypassed, last_post: last, posts, repaired, now, ...times } = row as ProgressRow
    const { range_at: rangeAt, passed_at: passedAt, repaired_at: repairedAt } = times
    return { tables, restored, bypassed, last, posts, repaired, rangeAt, passedAt, repairedAt, now }
  }

  async note({ last, posts, repaired, tables }: AuditedRange): Promise<void> {
    await this.#database.query({
      name: 'note-audit',
      text: `
insert into ${this.#table} as p (tables, last_post, posts, repaired, passed_at, repaired_at)
values (coalesce($4::text, ''), coalesce($1::bigint, 0), case when $1::bigint is null then 0 else $2::bigint end, $3::bigint,
  case when $1::bigint is null then clock_timestamp() end, case when $3::bigint > 0 then clock_timestamp() end)
on conflict (singleton) do update set tables = coalesce($4::text, p.tables), bypassed = p.bypassed and $4::text is null,
  last_post = excluded.last_post, posts = case when $1::bigint is null then 0 else p.posts + $2::bigint end, repaired = p.repaired + $3::bigint,
  range_at = excluded.range_at, passed_at = coalesce(excluded.passed_at, p.passed_at),
  repaired_at = coalesce(excluded.repaired_at, p.repaired_at)`,
      values: [last, posts, repaired, tables ?? null],
    })
  }

  async noteBypass(): Promise<void> {
    await this.#database.query({
      text: `insert into ${this.#table} (tables, bypassed) values ('', true) on conflict (singleton) do update set bypassed = true`,
    })
  }

  get #table(): string {
    return `${this.#database.schema}.audit_progress`
  }
}
