import type { PageKey } from '../../domain/page-cursor.ts'
import type { PostDraft, PostText } from '../../domain/post.ts'
import { isPostRateError } from '../../errors.ts'
import type { PagedPost, PageQuery, PostStore } from '../../ports/post-store.ts'
import { PostDeletion } from './post-deletion.ts'
import { advancePostIds } from './post-ids.ts'
import type { PostgresClock } from './postgres-clock.ts'
import type { PostgresDatabase, Query } from './postgres-database.ts'
import { PostsModel } from './posts-model.ts'

interface PostRow {
  id: number
  title: string
  content: string
  createdBy: string
  createdAt: number
  databaseNow?: number
  rank?: string
  displayedCount?: number
}

/** Somebody may give ids by hand between two attempts. */
const createAttempts = 5

/** The library's own posts, by the statements of a Sequelize model. */
export class PostgresPostStore implements PostStore {
  readonly #database: PostgresDatabase
  readonly #clock: PostgresClock
  readonly #model: PostsModel

  constructor(database: PostgresDatabase, clock: PostgresClock) {
    this.#database = database
    this.#clock = clock
    this.#model = new PostsModel(database.schema)
  }

  async create(draft: PostDraft): Promise<PostText> {
    const insert = async () => {
      const [row] = await this.#database.query<{ id: number; created_at: number }>(await this.#model.insert(draft))
      const { id, created_at: createdAt } = row as NonNullable<typeof row>
      return { ...draft, id, createdAt }
    }
    for (let attempt = 1; ; attempt++) {
      try {
        return await insert()
      } catch (error) {
        if (attempt === createAttempts || !isIdTaken(error)) throw error
        // Ids that were given by hand or by an import are ahead of the sequence.
        await advancePostIds(this.#database, this.#table)
      }
    }
  }

  async page(query: PageQuery): Promise<PagedPost[]> {
    const rows = await this.#read(query.sort === 'newest' ? await this.#newest(query) : this.#top(query))
    return rows.map((row) => ({ post: textOf(row), key: keyOf(row, query) }))
  }

  async find(ids: readonly number[]): Promise<PostText[]> {
    return (await this.#read({ text: await this.#model.select({ ids }) })).map(textOf)
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

  async #newest({ after, limit }: PageQuery): Promise<Query> {
    return { text: await this.#model.select({ below: after?.postId ?? null, limit }) }
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

  async #read(query: Query): Promise<PostRow[]> {
    const sent = Date.now()
    const rows = await this.#database.query<PostRow>({ ...query, timeoutMs: this.#database.readTimeoutMs })
    if (rows[0]?.databaseNow !== undefined) this.#clock.observe(rows[0].databaseNow, sent)
    return rows
  }
}

function isIdTaken(error: unknown): boolean {
  return isPostRateError(error) && error.constraint === 'posts_pkey'
}

function textOf(row: PostRow): PostText {
  return {
    id: row.id,
    title: row.title,
    content: row.content,
    createdBy: row.createdBy,
    createdAt: row.createdAt,
  }
}

function keyOf(row: PostRow, query: PageQuery): PageKey {
  const postId = row.id
  if (query.sort === 'newest') return { sort: 'newest', postId }
  return { sort: 'top', rank: row.rank as string, count: row.displayedCount as number, postId }
}
