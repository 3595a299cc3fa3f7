import { isPostRateError, type PostInspection } from 'post-rate'
import { Refusal } from '../../problem.ts'
import { defineModeration, type ModerationCall } from '../moderation-endpoint.ts'
import { idPath } from '../moderation-schemas.ts'

/** A post for moderators: its live and its displayed figures. */
export interface ModeratedPost extends Pick<PostInspection, 'live' | 'displayed'> {
  id: number
  /** Null where the post store has no such post, or shows it to its users alone. */
  title: string | null
}

/** `GET /posts/{id}`: what the search shows. */
export const findPost = defineModeration({
  method: 'GET',
  path: '/posts/{id}',
  params: idPath,
  async answer({ input: { id }, postRate }) {
    const post = await readPost(postRate, id)
    if (post === null) throw new Refusal('POST_NOT_FOUND')
    return { body: post }
  },
})

/** Null where nothing is known of it. */
export async function readPost(
  { posts, stats }: Pick<ModerationCall<never>['postRate'], 'posts' | 'stats'>,
  id: number,
): Promise<ModeratedPost | null> {
  const [[figures], title] = await Promise.all([stats.get([id]), titleOf(posts, id)])
  if (figures === undefined) return null
  return { id, title, live: figures.live, displayed: figures.displayed }
}

async function titleOf(posts: ModerationCall<never>['postRate']['posts'], id: number): Promise<string | null> {
  try {
    return (await posts.get(id)).title
  } catch (error) {
    if (isPostRateError(error) && error.code === 'POST_NOT_FOUND') return null
    throw error
  }
}
