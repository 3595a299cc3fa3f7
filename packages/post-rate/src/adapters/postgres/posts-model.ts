import pg from 'pg'
import type { FindOptions, Model, ModelStatic, Sequelize } from 'sequelize'
import type { PostDraft } from '../../domain/post.ts'

/** The part of Sequelize's query generator that is used here; its types leave it out. */
interface QueryGenerator {
  selectQuery(table: unknown, options: object, model: ModelStatic<Model>): string
  insertQuery(table: unknown, values: object, attributes: object, options: object): { query: string; bind: unknown[] }
}

/** Posts whose deletion has begun are gone for readers. */
const alive = { deleted_at: null }

/** Columns of a post, as the rows of every statement name them. */
const columns = ['id', 'title', 'content', ['created_by', 'createdBy'], ['created_at', 'createdAt']]

/**
 * The library's own posts as a Sequelize model that writes statements and never runs one: the pool of everything else does.
 * So it opens no connection, and no setting that a host makes for its own instance or for all of them (CLS, hooks, parsers)
 * has a place to reach.
 */
export class PostsModel {
  readonly #schema: string
  #model: Promise<ModelStatic<Model>> | undefined

  constructor(schema: string) {
    this.#schema = schema
  }

  /** Rows with the columns of a post and `databaseNow`. `below`: ids lower than it, newest first. */
  async select(wanted: { ids: readonly number[] } | { below: number | null; limit: number }): Promise<string> {
    const { Op, literal } = await loadSequelize()
    const model = await this.#define()
    const now = [literal('clock_timestamp()'), 'databaseNow']
    const options: FindOptions =
      'ids' in wanted
        ? { where: { id: [...wanted.ids], ...alive } }
        : {
            where: wanted.below === null ? alive : { id: { [Op.lt]: wanted.below }, ...alive },
            order: [['id', 'DESC']],
            limit: wanted.limit,
          }
    return generatorOf(model).selectQuery(model.getTableName(), { ...options, attributes: [...columns, now] }, model)
  }

  /** Answers with `id` and `created_at`. */
  async insert({ title, content, createdBy }: PostDraft): Promise<{ text: string; values: unknown[] }> {
    const model = await this.#define()
    const values = { title, content, created_by: createdBy }
    const returning = ['id', 'created_at']
    const insert = generatorOf(model).insertQuery(model.getTableName(), values, model.getAttributes(), { returning })
    return { text: insert.query, values: insert.bind }
  }

  #define(): Promise<ModelStatic<Model>> {
    this.#model ??= loadSequelize().then(({ Sequelize, DataTypes }) =>
      new Sequelize({ dialect: 'postgres', dialectModule: pg, logging: false }).define(
        'post-rate.post',
        {
          id: { type: DataTypes.BIGINT, primaryKey: true, autoIncrement: true },
          title: DataTypes.TEXT,
          content: DataTypes.TEXT,
          createdBy: { type: DataTypes.TEXT, field: 'created_by' },
          createdAt: { type: DataTypes.DATE, field: 'created_at' },
        },
        { schema: this.#schema, tableName: 'posts', timestamps: false },
      ),
    )
    return this.#model
  }
}

/** Sequelize is slow to load: processes that read no post never pay for it. */
function loadSequelize(): Promise<typeof import('sequelize')> {
  return import('sequelize')
}

function generatorOf(model: ModelStatic<Model>): QueryGenerator {
  const queries = (model.sequelize as Sequelize).getQueryInterface()
  return (queries as unknown as { queryGenerator: QueryGenerator }).queryGenerator
}
