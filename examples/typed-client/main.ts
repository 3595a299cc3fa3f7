// Rates the best post and says what became of it; what does not fit the API does not compile.
import createClient from 'openapi-fetch'
import type { components, paths } from './api.ts'

type Post = components['schemas']['Post']

const { API_URL = 'http://127.0.0.1:3000/api', API_USER = 'ada' } = process.env
const api = createClient<paths>({ baseUrl: API_URL, headers: { 'X-User': API_USER } })

try {
  console.log(await rateBest())
} catch (error) {
  console.error(`${API_URL}: ${error instanceof Error ? error.message : error}`)
  process.exitCode = 1
}

async function rateBest(): Promise<string> {
  const { data: page, error } = await api.GET('/posts', { params: { query: { sort: 'top', limit: 1 } } })
  if (error) throw new Error(error.detail ?? error.title)
  const post: Post | undefined = page.items[0]
  if (!post) return 'There is no post yet'
  const { data: rated, error: refused } = await api.PUT('/posts/{id}/rating', {
    params: { path: { id: post.id } },
    body: { score: 5 },
  })
  if (refused) return `${post.title}: ${refused.code === 'POST_NOT_FOUND' ? 'gone meanwhile' : refused.title}`
  const before = rated.previousScore ?? 'none'
  return `${post.title}: ${post.stats.average ?? 'unrated'}, mine ${rated.score} (before: ${before})`
}
