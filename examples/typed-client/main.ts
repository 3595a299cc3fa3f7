// Reads the best post and rates it; what does not fit the API does not compile.
import createClient from 'openapi-fetch'
import type { components, paths } from './api.ts'

export type Post = components['schemas']['Post']

const { API_URL = 'http://127.0.0.1:3000/api', API_USER = 'ada' } = process.env
const api = createClient<paths>({ baseUrl: API_URL, headers: { 'X-User': API_USER } })

const { data: page, error } = await api.GET('/posts', { params: { query: { sort: 'top', limit: 1 } } })
const post: Post | undefined = page?.items[0]
if (error) console.error(`${error.code}: ${error.title}`)
else if (!post) console.log('There is no post yet')
else {
  const { data: rated, error: refused } = await api.PUT('/posts/{id}/rating', {
    params: { path: { id: post.id } },
    body: { score: 5 },
  })
  if (refused) console.error(`${refused.code}: ${refused.detail ?? refused.title}`)
  else
    console.log(
      `${post.title}: ${post.stats.average ?? 'unrated'}, mine ${rated.score} (before: ${rated.previousScore ?? 'none'})`,
    )
}
