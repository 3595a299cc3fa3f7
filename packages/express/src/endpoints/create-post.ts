import { postAnswer } from '../answers.ts'
import { defineEndpoint } from '../endpoint.ts'
import { postBody } from '../schemas.ts'

/** `POST /posts`: a new post, where the host's `authorize` allows it. */
export const createPost = defineEndpoint({
  method: 'POST',
  path: '/posts',
  action: 'create-post',
  needsUser: true,
  body: postBody,
  bodyLimit: 256 * 1024,
  docs: {
    operationId: 'createPost',
    summary: 'Create a post',
    description: 'Only where the host allows it. Lengths are counted in code points; the body may have 256 KiB.',
    status: 201,
    result: 'The new post. `Location` is its address, relative to this one.',
    schema: postAnswer,
  },
  async answer({ input: { title, content }, userId, root, postRate }) {
    const post = await postRate.posts.create({ title, content, createdBy: userId as string })
    return { status: 201, body: post, headers: { Location: `${root}/posts/${post.id}` } }
  },
})
