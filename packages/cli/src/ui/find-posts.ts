import { isPostRateError, type Post, type PostRate } from 'post-rate'

/** Posts whose titles are looked at: the newest. */
const searched = 1000

/** The posts that somebody looks for: by its id, or by what the titles of the newest ones have in them. */
export async function findPosts(
  { list, get }: Pick<PostRate['posts'], 'list' | 'get'>,
  text: string,
  most: number,
): Promise<Post[]> {
  if (/^[1-9]\d{0,14}$/.test(text)) return present(get, Number(text))
  const wanted = text.toLowerCase()
  const found: Post[] = []
  let after: string | null = null
  for (let looked = 0; looked < searched && found.length < most; looked += 100) {
    const { items, next }: Awaited<ReturnType<typeof list>> = await list({ limit: 100, after, sort: 'newest' })
    found.push(...items.filter(({ title }) => title.toLowerCase().includes(wanted)))
    if (next === null) break
    after = next
  }
  return found.slice(0, most)
}

/** The same posts as they are now, without those that are gone. */
export async function present(get: PostRate['posts']['get'], ...ids: number[]): Promise<Post[]> {
  const posts = await Promise.all(
    ids.map((id) =>
      get(id).catch((error: unknown) => {
        if (isPostRateError(error) && error.code === 'POST_NOT_FOUND') return []
        throw error
      }),
    ),
  )
  return posts.flat()
}
