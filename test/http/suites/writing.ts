import test from 'ava'
import { postAnswer, receiptAnswer } from '../../../packages/express/src/answers.ts'
import { isProblem, parsers, startHost } from '../http-host.ts'

export function writingSuite(): void {
  for (const parser of parsers) {
    test(`PUT /posts/:id/rating: 200 with the receipt, idempotent (host's parser: ${parser})`, async (t) => {
      const { send, postRate } = await startHost(t, { parser })
      postRate.seed(1)
      const first = await send('PUT', '/posts/1/rating', { user: 'u1', body: { score: 4 } })
      t.is(first.status, 200)
      t.deepEqual(receiptAnswer.strict().parse(first.json), first.json)
      t.like(first.json, { postId: 1, score: 4, previousScore: null, changed: true })
      t.false('userId' in first.json)
      postRate.clock += 60_000
      const again = await send('PUT', '/posts/1/rating', { user: 'u1', body: { score: 4 } })
      t.deepEqual(again.json, { ...first.json, previousScore: 4, changed: false })
      t.like((await send('PUT', '/posts/1/rating', { user: 'u1', body: { score: 0 } })).json, {
        previousScore: 4,
        score: 0,
        changed: true,
      })
    })

    test(`POST /ratings: the same by posting (host's parser: ${parser})`, async (t) => {
      const { send, postRate } = await startHost(t, { parser })
      postRate.seed(2)
      const reply = await send('POST', '/ratings', { user: 'u1', body: { postId: 2, score: 3 } })
      t.is(reply.status, 200)
      t.deepEqual(receiptAnswer.strict().parse(reply.json), reply.json)
      t.like(reply.json, { postId: 2, score: 3, previousScore: null, changed: true })
      isProblem(t, await send('POST', '/ratings', { user: 'u1', body: { postId: 7, score: 3 } }), 404, 'POST_NOT_FOUND')
    })

    test(`POST /posts: 201 with the post and Location where authorize allows it (host's parser: ${parser})`, async (t) => {
      const { send, raw, prefix } = await startHost(t, { parser, authorize: () => true })
      const body = { title: 'Hello 👋', content: "Robert'); DROP TABLE posts;-- $1 :name ? \\" }
      const reply = await send('POST', '/posts', { user: 'u1', body })
      t.is(reply.status, 201)
      t.deepEqual(postAnswer.strict().parse(reply.json), reply.json)
      t.like(reply.json, { ...body, createdBy: 'u1', id: 1 })
      const { pathname } = new URL(reply.headers.location ?? '', `http://host${prefix}/posts`)
      t.is(pathname, `${prefix}/posts/1`)
      t.deepEqual((await raw('GET', pathname)).json.title, body.title)
    })
  }

  test('POST /posts: 403 without an authorize hook, 401 without a user', async (t) => {
    const { send, postRate } = await startHost(t)
    const body = { title: 'T', content: 'C' }
    isProblem(t, await send('POST', '/posts', { user: 'u1', body }), 403, 'FORBIDDEN')
    isProblem(t, await send('POST', '/posts', { body }), 401, 'UNAUTHENTICATED')
    t.deepEqual(postRate.calls, [])
  })

  test('DELETE /posts/:id/rating: 204, also when there was none; 404 for an unknown post', async (t) => {
    const { send, postRate } = await startHost(t)
    postRate.seed(1)
    await send('PUT', '/posts/1/rating', { user: 'u1', body: { score: 4 } })
    for (let times = 0; times < 2; times++) {
      const reply = await send('DELETE', '/posts/1/rating', { user: 'u1' })
      t.is(reply.status, 204)
      t.is(reply.text, '')
      t.is(reply.headers['x-content-type-options'], 'nosniff')
    }
    t.is(postRate.scores.size, 0)
    isProblem(t, await send('DELETE', '/posts/2/rating', { user: 'u1' }), 404, 'POST_NOT_FOUND')
  })

  test('only the user that the host names counts: another one in body, query or header is ignored', async (t) => {
    const { send, postRate } = await startHost(t, { authorize: () => true })
    postRate.seed(1)
    const forged = {
      userId: 'victim',
      user_id: 'victim',
      user: 'victim',
      createdBy: 'victim',
      post_id: 9,
      isAdmin: true,
    }
    const headers = { 'x-user-id': 'victim', 'x-forwarded-user': 'victim', 'x-http-method-override': 'DELETE' }
    await send('PUT', '/posts/1/rating?userId=victim', {
      user: 'u1',
      headers,
      body: { score: 1, postId: 7, ...forged },
    })
    t.deepEqual([...postRate.scores.keys()], ['1 u1'])
    const made = await send('POST', '/posts', { user: 'u1', body: { title: 'T', content: 'C', id: 77, ...forged } })
    t.like(made.json, { id: 2, createdBy: 'u1' })
    t.deepEqual(Object.keys(postRate.stored[1] ?? {}).sort(), ['content', 'createdBy', 'id', 'title'])
  })
}
