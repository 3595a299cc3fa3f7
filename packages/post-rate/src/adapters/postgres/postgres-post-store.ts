import type { FindOptions, Model, ModelStatic, Sequelize } from 'sequelize'
import type { PageKey } from '../../domain/page-cursor.ts'
import type { PostDraft, PostText } from '../../domain/post.ts'
import type { PagedPost, PageQuery, PostStore } from '../../ports/post-store.ts'
import { PostDeletion } from './post-deletion.ts'
import type { PostgresClock } from './postgres-clock.ts'
import type { PostgresDatabase, Query } from './postgres-database.ts'
import { postgresUnavailable, schemaTooOld, unreadableFile } from './postgres-error.ts'
import type { SequelizeClient } from './sequelize-client.ts'

/** Times are milliseconds from the pool's parsers, a `Date` from the model. */
interface PostRow {
  id: number | string
  title: string
  content: string
  createdBy: string
  createdAt: number | Date
  databaseNow?: number
  rank?: string
  displayedCount?: number
}

/** The part of Sequelize's query generator that is used here; its types leave it out. */
interface QueryGenerator {
  selectQuery(table: unknown, options: object, model: ModelStatic<Model>): string
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
    const rows = await this.#read(query.sort === 'newest' ? this.#newest(query) : this.#top(query))
    return rows.map((row) => ({ post: textOf(row), key: keyOf(row, query) }))
  }

  async find(ids: readonly number[]): Promise<PostText[]> {
    return (await this.#read({ text: this.#select({ where: { id: [...ids], deleted_at: null } }) })).map(textOf)
  }

  async visible(ids: readonly number[]): Promise<number[]> {
    return [...ids]
  }

  delete(id: number, onGone?: () => void): Promise<boolean> {
    return new PostDeletion(this.#database).delete(id, onGone)
  }

  get #table(): string {
    return `${this.#database.schema}.posts`
  }

  #newest({ after, limit }: PageQuery): Query {
    const { Op } = this.#client.module
    const where = { deleted_at: null, ...(after === null ? {} : { id: { [Op.lt]: after.postId } }) }
    return { text: this.#select({ where, order: [['id', 'DESC']], limit }) }
  }

  /** Along the index of ranks, from the last key on. */
  #top({ after, limit }: PageQuery): Query {
    const key = after?.sort === 'top' ? after : null
    return {
      name: key ? 'top-after' : 'top',
      text: `
select p.id, p.title, p.content, p.created_by as "createdBy", p.created_at as "createdAt",
  s.rank, s.displayed_count as "displayedCount", clock_timestamp() as "databaseNow"
from ${this.#database.schema}.post_stats s join ${this.#table} p on p.id = s.post_id
where not s.deleted and p.deleted_at is null ${key ? 'and (s.rank, s.displayed_count, s.post_id) < ($2::numeric, $3::bigint, $4::bigint)' : ''}
order by s.rank desc, s.displayed_count desc, s.post_id desc limit $1`,
      values: key ? [limit, key.rank, key.count, key.postId] : [limit],
    }
  }

  /**
   * The model writes the statement and the pool that everything else uses runs it: a connection of Sequelize's own would
   * begin with statements of its own, and readers would wait for them.
   */
  #select(options: FindOptions): string {
    const { sequelize } = this.#client
    const model = this.#posts(sequelize)
    const attributes = ['id', 'title', 'content', ['created_by', 'createdBy'], ['created_at', 'createdAt']]
    const { queryGenerator } = sequelize.getQueryInterface() as unknown as { queryGenerator: QueryGenerator }
    const now = [sequelize.literal('clock_timestamp()'), 'databaseNow']
    return queryGenerator.selectQuery(model.getTableName(), { ...options, attributes: [...attributes, now] }, model)
  }

  async #read(query: Query): Promise<PostRow[]> {
    const sent = Date.now()
    const rows = await this.#database.query<PostRow>({ ...query, timeoutMs: this.#database.readTimeoutMs })
    if (rows[0]?.databaseNow !== undefined) this.#clock.observe(rows[0].databaseNow, sent)
    return rows
  }

  #posts(sequelize: Sequelize): ModelStatic<Model> {
    const { DataTypes } = this.#client.module
    if (this.#model !== undefined) return this.#model
    this.#model = sequelize.define(
      'post-rate.post',
      {
        id: { type: DataTypes.BIGINT, primaryKey: true, autoIncrement: true },
        title: DataTypes.TEXT,
        content: DataTypes.TEXT,
        createdBy: { type: DataTypes.TEXT, field: 'created_by' },
        deletedAt: { type: DataTypes.DATE, field: 'deleted_at' },
        createdAt: { type: DataTypes.DATE, field: 'created_at', defaultValue: sequelize.literal('clock_timestamp()') },
      },
      { schema: this.#database.schema, tableName: 'posts', timestamps: false },
    )
    // Taken off the host's list of models: its `sync({ force: true })` must not drop what is not its own.
    sequelize.modelManager.removeModel(this.#model)
    return this.#model
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
  if (parent?.code === '42P01' || parent?.code === '3F000') return schemaTooOld(database.schema, error)
  const away =
    /^Sequelize(Connection|Host|InvalidConnection|AccessDenied|Timeout)/.test(name ?? '') ||
    /^(08|53|57P)/.test(parent?.code ?? '')
  // pg's own words for a connection that broke under a statement.
  const broken =
    name === 'SequelizeDatabaseError' && /terminated|ECONNRESET|EPIPE|timeout/i.test((error as Error).message)
  return away || broken ? postgresUnavailable(error, database) : (unreadableFile(error) ?? error)
}

function textOf(row: PostRow): PostText {
  return {
    id: Number(row.id),
    title: row.title,
    content: row.content,
    createdBy: row.createdBy,
    createdAt: Number(row.createdAt),
  }
}

function keyOf(row: PostRow, query: PageQuery): PageKey {
  const postId = Number(row.id)
  if (query.sort === 'newest') return { sort: 'newest', postId }
  return { sort: 'top', rank: row.rank as string, count: row.displayedCount as number, postId }
}
