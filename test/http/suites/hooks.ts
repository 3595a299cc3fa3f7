import type { AuthorizeQuestion } from '@post-rate/express'
import test from 'ava'
import { isProblem, startHost } from '../http-host.ts'

export function hookSuite(): void {
  test('getUser: undefined and null are nobody, also from a promise', async (t) => {
    for (const getUser of [() => undefined, () => null, async () => undefined, async () => null]) {
      const { send } = await startHost(t, { getUser })
      t.is((await send('GET', '/posts')).status, 200)
      isProblem(t, await send('PUT', '/posts/1/rating', { body: { score: 1 } }), 401, 'UNAUTHENTICATED')
    }
  })

  test('getUser: every string of 1-255 code points without control characters is a user', async (t) => {
    for (const user of ['a', 'a:b', '{1}', '*', '👋'.repeat(255), ' ', "'; --", '\u202e', 'ä'.repeat(255)]) {
      const { send, postRate } = await startHost(t, { getUser: async () => user })
      postRate.seed(1)
      t.is((await send('PUT', '/posts/1/rating', { body: { score: 1 } })).status, 200)
      t.deepEqual([...postRate.scores.keys()], [`1 ${user}`])
    }
  })

  test('getUser: a whole number is the user of its digits, for ratings, limits and authorize alike', async (t) => {
    for (const user of [42, 0, -7, 2 ** 53 - 1, 42n, 2n ** 64n]) {
      const asked: string[] = []
      const { send, postRate } = await startHost(t, {
        getUser: async () => user,
        authorize: ({ userId }) => asked.push(userId) > 0,
        rateLimit: { perUser: { requests: 1, seconds: 60 } },
      })
      postRate.seed(1)
      t.is((await send('PUT', '/posts/1/rating', { body: { score: 4 } })).status, 200)
      t.is((await send('GET', '/posts/1')).json.myScore, 4)
      t.deepEqual([[...postRate.scores.keys()], asked], [[`1 ${user}`], [String(user)]])
      t.is((await send('PUT', '/posts/1/rating', { body: { score: 4 } })).status, 429)
    }
  })

  test('getUser: an object tells id and standing, and no request can', async (t) => {
    for (const [user, established] of [
      [{ id: 'u1', established: true }, true],
      [{ id: 7, established: false }, false],
      [{ id: 'u1' }, undefined],
      [{ id: 'u1', established: null }, undefined],
      ['u1', undefined],
    ] as const) {
      const { send, postRate } = await startHost(t, { getUser: () => user })
      postRate.seed(1)
      for (const [method, path] of [
        ['PUT', '/posts/1/rating'],
        ['POST', '/ratings'],
      ] as const) {
        const { status, json } = await send(method, path, { body: { postId: 1, score: 4, established: !established } })
        t.is(status, 200)
        t.false('established' in json)
        t.is(postRate.rated.at(-1)?.established, established)
      }
    }
    const { send } = await startHost(t, { getUser: () => ({ id: null }) })
    t.is((await send('PUT', '/posts/1/rating', { body: { score: 4 } })).status, 401)
  })

  test('getUser: the error names what it gave', async (t) => {
    for (const [user, said] of [
      [1.5, /gave the number 1\.5/],
      [Number.NaN, /gave the number NaN/],
      [{ userId: 42 }, /gave an object without `id`/],
      [{ id: [] }, /gave an array/],
      [{ id: 42, established: 'yes' }, /gave a string of 3 UTF-16 units as `established`/],
      ['x'.repeat(300), /gave a string of 300/],
    ] as const) {
      const { send, errors } = await startHost(t, { getUser: () => user as never })
      await send('GET', '/posts')
      t.regex((errors[0] as Error).message, said)
    }
  })

  test("getUser: anything else, and an error, go to the host's error handler", async (t) => {
    const fail = () => {
      throw new Error('session store away')
    }
    const values = [
      '',
      0.5,
      2 ** 53,
      Number.NaN,
      Number.POSITIVE_INFINITY,
      false,
      true,
      {},
      [],
      'x'.repeat(256),
      '👋'.repeat(256),
      'a\nb',
      'a\0',
      '\x7f',
      '\x9b',
      '\ud800',
      Symbol('x'),
    ]
    const hooks = [
      ...values.map((value) => () => value),
      ...values.map((value) => async () => value),
      fail,
      async () => fail(),
      () => Promise.reject('route'),
      () => Promise.reject(undefined),
    ]
    for (const getUser of hooks) {
      const { send, errors, postRate } = await startHost(t, { getUser: getUser as never })
      for (const [method, path] of [
        ['GET', '/posts'],
        ['GET', '/posts/1'],
        ['PUT', '/posts/1/rating'],
      ] as const)
        t.is((await send(method, path, method === 'PUT' ? { body: { score: 1 } } : {})).status, 599)
      t.is(errors.length, 3)
      for (const error of errors) t.true(error instanceof Error)
      t.deepEqual(postRate.calls, [])
    }
  })

  test('authorize is asked before every write, with post and user, after validation', async (t) => {
    const asked: AuthorizeQuestion[] = []
    const { send, postRate } = await startHost(t, {
      authorize: async (question, req) => {
        t.is(typeof req.get, 'function')
        asked.push(question)
        return true
      },
    })
    postRate.seed(2)
    await send('GET', '/posts')
    await send('GET', '/posts/2', { user: 'u1' })
    await send('POST', '/posts', { user: 'u1', body: { title: 'T', content: 'C' } })
    await send('PUT', '/posts/2/rating', { user: 'u1', body: { score: 1 } })
    await send('POST', '/ratings', { user: 'u1', body: { postId: 1, score: 1 } })
    await send('DELETE', '/posts/2/rating', { user: 'u1' })
    await send('GET', '/posts/x')
    t.deepEqual(asked, [
      { action: 'create-post', userId: 'u1' },
      { action: 'rate-post', postId: 2, userId: 'u1' },
      { action: 'rate-post', postId: 1, userId: 'u1' },
      { action: 'withdraw-rating', postId: 2, userId: 'u1' },
    ])
  })

  test('authorize: false is 403 and nothing is stored; without the hook all but creating is allowed', async (t) => {
    const { send, postRate } = await startHost(t, { authorize: () => false })
    postRate.seed(1)
    for (const [method, path, body] of [
      ['PUT', '/posts/1/rating', { score: 1 }],
      ['POST', '/ratings', { postId: 1, score: 1 }],
      ['DELETE', '/posts/1/rating'],
      ['POST', '/posts', { title: 'T', content: 'C' }],
    ] as const)
      isProblem(t, await send(method, path, { user: 'u1', ...(body && { body }) }), 403, 'FORBIDDEN')
    t.deepEqual(postRate.calls, [])
  })

  test("authorize: no boolean, and an error, go to the host's error handler", async (t) => {
    const fail = () => {
      throw new Error('policy away')
    }
    for (const authorize of [() => undefined, () => 1, () => 'yes', async () => null, fail, async () => fail()]) {
      const { send, errors, postRate } = await startHost(t, { authorize: authorize as never })
      t.is((await send('PUT', '/posts/1/rating', { user: 'u1', body: { score: 1 } })).status, 599)
      t.is((await send('POST', '/posts', { user: 'u1', body: { title: 'T', content: 'C' } })).status, 599)
      t.is(errors.length, 2)
      t.deepEqual(postRate.calls, [])
    }
  })
}
