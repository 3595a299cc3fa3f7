import type { Pool } from 'pg'
import type { PagedPost, PageQuery, PostStore, PostText } from 'post-rate'

interface Article {
  number: string
  title: string
  body: string
  author: string
  written_at: Date
}

interface RankedArticle extends Article {
  rank: string
  count: string
}

/** post-rate's post store over the host's articles. */
export class ArticleStore implements PostStore {
  readonly #pool: Pool

  constructor(pool: Pool) {
    this.#pool = pool
  }

  async create(): Promise<never> {
    throw new Error('Articles are written in the editor, not through post-rate')
  }

  page(query: PageQuery): Promise<PagedPost[]> {
    return query.sort === 'newest' ? this.#newest(query) : this.#top(query)
  }

  async find(ids: readonly number[]): Promise<PostText[]> {
    return (await this.#select('where number = any($1)', [ids])).map(postOf)
  }

  /** Drafts are for their author alone. */
  async visible(ids: readonly number[], userId: string | null): Promise<number[]> {
    const rows = await this.#select('where number = any($1) and (published or author = $2)', [ids, userId])
    return rows.map((row) => Number(row.number))
  }

  async delete(id: number): Promise<boolean> {
    const { rowCount } = await this.#pool.query('delete from example_articles.articles where number = $1', [id])
    return rowCount === 1
  }

  async #newest({ after, limit }: PageQuery): Promise<PagedPost[]> {
    const rows = await this.#select('where $1::bigint is null or number < $1 order by number desc limit $2', [
      after?.postId ?? null,
      limit,
    ])
    return rows.map((row) => ({ post: postOf(row), key: { sort: 'newest', postId: Number(row.number) } }))
  }

  async #top({ after, limit }: PageQuery): Promise<PagedPost[]> {
    const key = after?.sort === 'top' ? after : null
    const { rows } = await this.#pool.query<RankedArticle>(
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
    return rows.map((row) => ({
      post: postOf(row),
      key: { sort: 'top', rank: row.rank, count: Number(row.count), postId: Number(row.number) },
    }))
  }

  async #select(rest: string, values: unknown[]): Promise<Article[]> {
    const { rows } = await this.#pool.query<Article>(
      `select number, title, body, author, written_at from example_articles.articles ${rest}`,
      values,
    )
    return rows
  }
}

function postOf({ number, title, body, author, written_at }: Article): PostText {
  return { id: Number(number), title, content: body, createdBy: author, createdAt: written_at.getTime() }
}
