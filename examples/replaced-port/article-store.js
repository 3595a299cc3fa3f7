/**
 * post-rate's post store over the host's articles.
 * @implements {PostStore}
 * @typedef {import('post-rate').PostStore} PostStore
 * @typedef {import('post-rate').PageQuery} PageQuery
 * @typedef {{ number: string, title: string, body: string, author: string, written_at: Date, rank?: string, count?: string }} Article
 */
export class ArticleStore {
  #pool

  /** @param {import('pg').Pool} pool */
  constructor(pool) {
    this.#pool = pool
  }

  /** @returns {Promise<never>} */
  async create() {
    throw new Error('Articles are written in the editor, not through post-rate')
  }

  /** @param {PageQuery} query */
  async page(query) {
    const rows = query.sort === 'newest' ? await this.#newest(query) : await this.#top(query)
    return rows.map((row) => ({ post: postOf(row), key: keyOf(row, query.sort) }))
  }

  /** @param {readonly number[]} ids */
  async find(ids) {
    return (await this.#select('where number = any($1)', [ids])).map(postOf)
  }

  /**
   * Drafts are for their author alone.
   * @param {readonly number[]} ids
   * @param {string | null} userId
   */
  async visible(ids, userId) {
    const rows = await this.#select('where number = any($1) and (published or author = $2)', [ids, userId])
    return rows.map((row) => Number(row.number))
  }

  /** @param {number} id */
  async delete(id) {
    const { rowCount } = await this.#pool.query('delete from example_articles.articles where number = $1', [id])
    return rowCount === 1
  }

  /** @param {PageQuery} query */
  #newest({ after, limit }) {
    return this.#select('where $1::bigint is null or number < $1 order by number desc limit $2', [
      after?.postId ?? null,
      limit,
    ])
  }

  /** @param {PageQuery} query */
  async #top({ after, limit }) {
    const key = after?.sort === 'top' ? after : null
    /** @type {import('pg').QueryResult<Article>} */
    const { rows } = await this.#pool.query(
      `with ranked as (
         select a.*, coalesce(s.displayed_count, 0) as count,
           -- Without a rating the rank is the prior's mean.
           coalesce(s.rank, (select prior_mean from example_articles_ratings.settings))::numeric(14, 12) as rank
         from example_articles.articles a left join example_articles_ratings.post_stats s on s.post_id = a.number)
       select * from ranked
       where $1::numeric is null or (rank, count, number) < ($1, $2::bigint, $3::bigint)
       order by rank desc, count desc, number desc limit $4`,
      [key?.rank ?? null, key?.count ?? null, key?.postId ?? null, limit],
    )
    return rows
  }

  /**
   * @param {string} rest
   * @param {unknown[]} values
   * @returns {Promise<Article[]>}
   */
  async #select(rest, values) {
    const { rows } = await this.#pool.query(
      `select number, title, body, author, written_at from example_articles.articles ${rest}`,
      values,
    )
    return rows
  }
}

/** @param {Article} article */
function postOf({ number, title, body, author, written_at }) {
  return { id: Number(number), title, content: body, createdBy: author, createdAt: written_at.getTime() }
}

/**
 * @param {Article} article
 * @param {import('post-rate').PostSort} sort
 * @returns {import('post-rate').PageKey}
 */
function keyOf({ number, rank = '', count = '0' }, sort) {
  const postId = Number(number)
  return sort === 'newest' ? { sort, postId } : { sort, rank, count: Number(count), postId }
}
