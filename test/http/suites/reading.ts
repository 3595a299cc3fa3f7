import test from 'ava'
import { pageAnswer, postAnswer } from '../../../packages/express/src/answers.ts'
import { isProblem, startHost } from '../http-host.ts'

export function readingSuite(): void {
  test('GET /posts: 200 with items, newest first, and null where there is no next page', async (t) => {
    const { send, postRate } = await startHost(t)
    postRate.seed(3)
    const reply = await send('GET', '/posts')
    t.is(reply.status, 200)
    t.regex(reply.headers['content-type'] ?? '', /^application\/json\b/)
    t.deepEqual(pageAnswer.strict().parse(reply.json), reply.json)
    t.deepEqual(
      reply.json.items.map(({ id }: { id: number }) => id),
      [3, 2, 1],
    )
    t.is(reply.json.next, null)
    t.is(reply.headers.link, undefined)
  })

  test('GET /posts: a page has 20 posts unless limit says otherwise', async (t) => {
    const { send, postRate } = await startHost(t)
    postRate.seed(120)
    t.is((await send('GET', '/posts')).json.items.length, 20)
    t.is((await send('GET', '/posts?limit=1')).json.items.length, 1)
    t.is((await send('GET', '/posts?limit=100')).json.items.length, 100)
  })

  for (const sort of ['newest', 'top']) {
    test(`GET /posts: next is the URL of the next page and keeps limit and sort=${sort}; the walk gives every post once`, async (t) => {
      const { send, raw, postRate, prefix } = await startHost(t, { prefix: '/deep/er' })
      postRate.seed(7)
      await send('PUT', '/posts/2/rating', { user: 'u1', body: { score: 5 } })
      const seen: number[] = []
      let url: string | null = `${prefix}/posts?limit=3&sort=${sort}`
      while (url !== null) {
        const { json, headers } = await raw('GET', url)
        seen.push(...json.items.map(({ id }: { id: number }) => id))
        url = json.next as string | null
        t.is(headers.link, url === null ? undefined : `<${url}>; rel="next"`)
        if (url !== null) {
          t.true(url.startsWith(`${prefix}/posts?`))
          t.is(new URLSearchParams(url.split('?')[1]).get('sort'), sort)
        }
      }
      t.deepEqual(seen, sort === 'top' ? [2, 7, 6, 5, 4, 3, 1] : [7, 6, 5, 4, 3, 2, 1])
    })
  }

  test('GET /posts/:id: 200 with the post and the own score, 0 included', async (t) => {
    const { send, postRate } = await startHost(t)
    postRate.seed(1)
    await send('PUT', '/posts/1/rating', { user: 'u1', body: { score: 0 } })
    const own = await send('GET', '/posts/1', { user: 'u1' })
    t.is(own.status, 200)
    t.deepEqual(postAnswer.strict().parse(own.json), own.json)
    t.is(own.json.myScore, 0)
    t.is((await send('GET', '/posts/1', { user: 'u2' })).json.myScore, null)
    t.is((await send('GET', '/posts/1')).json.myScore, null)
  })

  test('GET /posts/:id: 404 for an unknown post', async (t) => {
    const { send } = await startHost(t)
    isProblem(t, await send('GET', '/posts/9007199254740991'), 404, 'POST_NOT_FOUND')
  })

  test('HEAD is answered as GET without a body', async (t) => {
    const { send, postRate } = await startHost(t)
    postRate.seed(1)
    for (const path of ['/posts', '/posts/1', '/openapi.json', '/docs']) {
      const get = await send('GET', path)
      const head = await send('HEAD', path)
      t.is(head.status, 200, path)
      t.is(head.text, '')
      for (const name of ['content-type', 'content-length', 'etag', 'cache-control', 'vary'])
        t.is(head.headers[name], get.headers[name], `${path} ${name}`)
    }
    t.is((await send('HEAD', '/posts/5')).status, 404)
  })
}
