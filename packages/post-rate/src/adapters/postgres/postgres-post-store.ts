import type { FindAttributeOptions, Model, ModelStatic, Sequelize } from 'sequelize'
import type { PageKey } from '../../domain/page-cursor.ts'
import type { PostDraft, PostText } from '../../domain/post.ts'
import { PostRateError } from '../../errors.ts'
import type { PagedPost, PageQuery, PostStore } from '../../ports/post-store.ts'
import type { PostgresClock } from './postgres-clock.ts'
import type { PostgresDatabase } from './postgres-database.ts'
import type { SequelizeClient } from './sequelize-client.ts'

interface PostRow {
  id: string
  title: string
  content: string
  createdBy: string
  createdAt: Date
  databaseNow?: Date
  rank?: string
  displayedCount?: string
}

/** The library's own posts, by a Sequelize model. */
export class PostgresPostStore implements PostStore {
  readonly #client: SequelizeClient
  readonly #database: PostgresDatabase
  readonly #clock: PostgresClock
  #model: ModelStatic<Model> | undefined

  constructor(client: SequelizeClient, database: PostgresDatabase, clock: PostgresClock) {
    this.#client = client
    this.#database = database
    this.#clock = clock
  }

  async create(draft: PostDraft): Promise<PostText> {
    return this.#run(async (sequelize) => {
      try {
        return textOf((await this.#posts(sequelize).create({ ...draft })).get({ plain: true }))
      } catch (error) {
        if ((error as Error).name !== 'SequelizeUniqueConstraintError') throw error
        // Ids that were given by hand or by an import can be ahead of the sequence: move it past them, once.
        await sequelize.query(
          `select setval(pg_get_serial_sequence('${this.#table}', 'id'), (select max(id) from ${this.#table}))`,
        )
        return textOf((await this.#posts(sequelize).create({ ...draft })).get({ plain: true }))
      }
    })
  }

  async page(query: PageQuery): Promise<PagedPost[]> {
    return this.#run(async (sequelize) => {
      const sent = Date.now()
      const rows = query.sort === 'newest' ? await this.#newest(sequelize, query) : await this.#top(sequelize, query)
      this.#observe(rows, sent)
      return rows.map((row) => ({ post: textOf(row), key: keyOf(row, query) }))
    })
  }

  async find(ids: readonly number[]): Promise<PostText[]> {
    return this.#run(async (sequelize) => {
      const sent = Date.now()
      const rows = await this.#posts(sequelize).findAll({
        attributes: columns(sequelize),
        where: { id: [...ids] },
        raw: true,
      })
      this.#observe(rows as unknown as PostRow[], sent)
      return (rows as unknown as PostRow[]).map(textOf)
    })
  }

  async visible(ids: readonly number[]): Promise<number[]> {
    return [...ids]
  }

  async delete(id: number): Promise<boolean> {
    return this.#run(async (sequelize) => (await this.#posts(sequelize).destroy({ where: { id } })) > 0)
  }

  get #table(): string {
    return `${this.#database.schema}.posts`
  }

  async #newest(sequelize: Sequelize, { after, limit }: PageQuery): Promise<PostRow[]> {
    const { Op } = sequelize.Sequelize as unknown as typeof import('sequelize')
    const rows = await this.#posts(sequelize).findAll({
      attributes: columns(sequelize),
      where: after === null ? {} : { id: { [Op.lt]: after.postId } },
      order: [['id', 'DESC']],
      limit,
      raw: true,
    })
    return rows as unknown as PostRow[]
  }

  /** Along the index of ranks, from the last key on. */
  async #top(sequelize: Sequelize, { after, limit }: PageQuery): Promise<PostRow[]> {
    const key = after?.sort === 'top' ? after : null
    const [rows] = await sequelize.query(
      `
select p.id, p.title, p.content, p.created_by as "createdBy", p.created_at as "createdAt",
  s.rank, s.displayed_count as "displayedCount", clock_timestamp() as "databaseNow"
from ${this.#database.schema}.post_stats s join ${this.#table} p on p.id = s.post_id
where not s.deleted ${key ? 'and (s.rank, s.displayed_count, s.post_id) < ($2::numeric, $3::bigint, $4::bigint)' : ''}
order by s.rank desc, s.displayed_count desc, s.post_id desc limit $1`,
      { bind: key ? [limit, key.rank, key.count, key.postId] : [limit] },
    )
    return rows as PostRow[]
  }

  #posts(sequelize: Sequelize): ModelStatic<Model> {
    const { DataTypes } = sequelize.Sequelize as unknown as typeof import('sequelize')
    this.#model ??= sequelize.define(
      'post-rate.post',
      {
        id: { type: DataTypes.BIGINT, primaryKey: true, autoIncrement: true },
        title: DataTypes.TEXT,
        content: DataTypes.TEXT,
        createdBy: { type: DataTypes.TEXT, field: 'created_by' },
        createdAt: { type: DataTypes.DATE, field: 'created_at', defaultValue: sequelize.literal('clock_timestamp()') },
      },
      { schema: this.#database.schema, tableName: 'posts', timestamps: false },
    )
    return this.#model
  }

  #observe(rows: PostRow[], sent: number): void {
    const now = rows[0]?.databaseNow
    if (now !== undefined) this.#clock.observe(new Date(now).getTime(), sent)
  }

  async #run<T>(work: (sequelize: Sequelize) => Promise<T>): Promise<T> {
    try {
      return await work(this.#client.sequelize)
    } catch (error) {
      throw translate(error, this.#database)
    }
  }
}

/** Sequelize's connection errors and a missing schema, in the library's words. */
export function translate(error: unknown, database: PostgresDatabase): unknown {
  const { name, parent } = error as { name?: string; parent?: { code?: string } }
  if (parent?.code === '42P01' || parent?.code === '3F000')
    return new PostRateError(
      'SCHEMA_TOO_OLD',
      `The schema ${database.schema} is missing or too old: run \`post-rate migrate\`.`,
      {
        cause: error,
      },
    )
  const away =
    name?.startsWith('SequelizeConnection') ||
    name === 'SequelizeTimeoutError' ||
    /^(08|53|57P)/.test(parent?.code ?? '')
  // pg's own words for a connection that broke under a statement.
  const broken =
    name === 'SequelizeDatabaseError' && /terminated|ECONNRESET|EPIPE|timeout/i.test((error as Error).message)
  if (!away && !broken) return error
  return new PostRateError(
    'UNAVAILABLE',
    `Cannot reach PostgreSQL at ${database.address()}: start it with \`docker compose up --wait postgres\`, or correct the database URL.`,
    { cause: error },
  )
}

function columns(sequelize: Sequelize): FindAttributeOptions {
  return ['id', 'title', 'content', 'createdBy', 'createdAt', [sequelize.literal('clock_timestamp()'), 'databaseNow']]
}

function textOf(row: PostRow): PostText {
  return {
    id: Number(row.id),
    title: row.title,
    content: row.content,
    createdBy: row.createdBy,
    createdAt: new Date(row.createdAt).getTime(),
  }
}

function keyOf(row: PostRow, query: PageQuery): PageKey {
  const postId = Number(row.id)
  if (query.sort === 'newest') return { sort: 'newest', postId }
  return { sort: 'top', rank: row.rank as string, count: Number(row.displayedCount), postId }
}
