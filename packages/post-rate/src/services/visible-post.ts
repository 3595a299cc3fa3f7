import type { PostText } from '../domain/post.ts'
import { postNotFound } from '../errors.ts'
import type { PostStore } from '../ports/post-store.ts'

/** The post, where it exists and this reader may see it. @throws PostRateError POST_NOT_FOUND otherwise */
export async function visiblePost(posts: PostStore, postId: number, userId: string | null): Promise<PostText> {
  const [post] = await posts.find([postId])
  if (post === undefined || !(await posts.visible([postId], userId)).includes(postId)) throw postNotFound(postId)
  return post
}
