import test from 'ava'
import { isProblem, parsers, startHost } from '../http-host.ts'

const badScores = ['6', '-1', '4.5', '1e1', '"5"', '""', 'true', 'false', 'null', '[]', '[5]', '{}', '1e400']
const badIds = [
  '0',
  '-1',
  '+1',
  '01',
  '9007199254740992',
  '9223372036854775808',
  '1e3',
  '0x10',
  '1.0',
  'abc',
  '1;drop',
  '1%00',
]
const oddIds = [
  '%D9%A3',
  '%zz',
  '%',
  '1%2Frating',
  '__proto__',
  '%2e%2e',
  '1'.repeat(4000),
  '5e1b2a52-9c0e-4a7f-8f5e-0a6d1f3b2c4d',
]

export function inputSuite(): void {
  for (const parser of parsers) {
    test(`400 score: everything but a whole JSON number 0-5 (host's parser: ${parser})`, async (t) => {
      const { send, postRate } = await startHost(t, { parser })
      postRate.seed(1)
      for (const score of badScores) {
        const put = await send('PUT', '/posts/1/rating', { user: 'u1', body: `{"score":${score}}` })
        isProblem(t, put, 400, 'INVALID_INPUT', ['score'])
        const post = await send('POST', '/ratings', { user: 'u1', body: `{"postId":1,"score":${score}}` })
        isProblem(t, post, 400, 'INVALID_INPUT', ['score'])
      }
      isProblem(t, await send('PUT', '/posts/1/rating', { user: 'u1', body: '{}' }), 400, 'INVALID_INPUT', ['score'])
      t.deepEqual(postRate.calls, [])
    })

    test(`score 5.0 is 5, 5e0 is 5, -0 is 0, and of duplicate keys the last wins (host's parser: ${parser})`, async (t) => {
      const { send, postRate } = await startHost(t, { parser })
      postRate.seed(1)
      for (const [text, score] of [
        ['{"score":5.0}', 5],
        ['{"score":5e0}', 5],
        ['{"score":-0}', 0],
        ['{"score":1,"score":3}', 3],
      ] as const) {
        const reply = await send('PUT', '/posts/1/rating', { user: 'u1', body: text })
        t.is(reply.status, 200, text)
        t.is(reply.json.score, score)
      }
    })

    test(`400 postId: everything but a positive whole JSON number below 2^53 (host's parser: ${parser})`, async (t) => {
      const { send } = await startHost(t, { parser })
      for (const id of ['0', '-1', '1.5', '9007199254740992', '1e300', '"1"', 'null', 'true', '[1]', '{}']) {
        const reply = await send('POST', '/ratings', { user: 'u1', body: `{"postId":${id},"score":1}` })
        isProblem(t, reply, 400, 'INVALID_INPUT', ['postId'])
      }
      isProblem(t, await send('POST', '/ratings', { user: 'u1', body: {} }), 400, 'INVALID_INPUT', ['postId', 'score'])
    })

    test(`400 title and content: missing, empty, too long, NUL, lone surrogate (host's parser: ${parser})`, async (t) => {
      const { send, postRate } = await startHost(t, { parser, authorize: () => true })
      const long = { title: 'x'.repeat(301), content: 'y'.repeat(65_537) }
      for (const bad of [
        {},
        { title: '', content: '' },
        long,
        { title: 'a\0', content: '\0' },
        { title: 7, content: null },
      ]) {
        const reply = await send('POST', '/posts', { user: 'u1', body: bad })
        isProblem(t, reply, 400, 'INVALID_INPUT', ['content', 'title'])
      }
      const lone = await send('POST', '/posts', { user: 'u1', body: '{"title":"\\ud800","content":"x"}' })
      isProblem(t, lone, 400, 'INVALID_INPUT', ['title'])
      const longest = await send('POST', '/posts', {
        user: 'u1',
        body: { title: '👋'.repeat(300), content: '💬'.repeat(60_000) },
      })
      t.is(longest.status, 201, 'lengths are counted in code points')
      t.is(postRate.stored.length, 1)
    })

    test(`400 body: no JSON, nothing, no object, bad UTF-8 (host's parser: ${parser})`, async (t) => {
      const { send, postRate } = await startHost(t, { parser, problemHandler: true })
      const latin1 = Buffer.from('{"score":4,"note":"\xe9"}', 'latin1')
      const texts: (string | Uint8Array)[] = ['{"score":', 'score=4', '{score:4}', '[4]', '']
      if (parser !== 'before')
        texts.push('4', 'null', '"x"', '\0', latin1, '['.repeat(4000), `{"score":1e${'9'.repeat(9)}`)
      for (const body of texts) {
        const reply = await send('PUT', '/posts/1/rating', { user: 'u1', body })
        const empty = parser === 'before' && body === ''
        isProblem(t, reply, 400, 'INVALID_INPUT', [empty ? 'score' : 'body'])
      }
      t.deepEqual(postRate.calls, [])
    })

    test(`prototype keys in a body change nothing (host's parser: ${parser})`, async (t) => {
      const { send, postRate } = await startHost(t, { parser })
      postRate.seed(1)
      const body = '{"__proto__":{"x":1,"score":5},"constructor":{"prototype":{"x":1}},"toString":1}'
      isProblem(t, await send('PUT', '/posts/1/rating', { user: 'u1', body }), 400, 'INVALID_INPUT', ['score'])
      const rated = await send('PUT', '/posts/1/rating', { user: 'u1', body: `{"score":2,${body.slice(1)}` })
      t.is(rated.json.score, 2)
      t.is(({} as { x?: number }).x, undefined)
    })
  }

  test('400 id: everything but digits without sign or leading zero below 2^53, never 5xx', async (t) => {
    const { send, postRate } = await startHost(t)
    for (const id of [...badIds, ...oddIds]) {
      isProblem(t, await send('GET', `/posts/${id}`), 400, 'INVALID_INPUT', ['id'])
      const put = await send('PUT', `/posts/${id}/rating`, { user: 'u1', body: { score: 9 } })
      isProblem(t, put, 400, 'INVALID_INPUT', ['id', 'score'])
      isProblem(t, await send('DELETE', `/posts/${id}/rating`, { user: 'u1' }), 400, 'INVALID_INPUT', ['id'])
    }
    t.deepEqual(postRate.calls, [])
  })

  for (const parser of ['simple', 'extended', false]) {
    test(`400 limit, sort and after, whatever the host's query parser is: ${parser}`, async (t) => {
      const { send, postRate } = await startHost(t, { settings: { 'query parser': parser } })
      postRate.seed(3)
      for (const limit of ['0', '-1', '101', '1e1', '1e9', '1.0', 'NaN', '', '%2010', '010', '%D9%A1', 'ten'])
        isProblem(t, await send('GET', `/posts?limit=${limit}`), 400, 'INVALID_INPUT', ['limit'])
      for (const query of ['limit=1&limit=2', 'limit[$gt]=1', 'limit[]=1', 'limit=1&limit[]=1', 'limit%5B%5D=1'])
        isProblem(t, await send('GET', `/posts?${query}`), 400, 'INVALID_INPUT', ['limit'])
      for (const sort of ['score;DROP', '__proto__', 'NEWEST', '', 'toString', 'asc,desc'])
        isProblem(t, await send('GET', `/posts?sort=${sort}`), 400, 'INVALID_INPUT', ['sort'])
      isProblem(t, await send('GET', '/posts?sort=top&sort=top'), 400, 'INVALID_INPUT', ['sort'])
      const next: string = (await send('GET', '/posts?limit=1')).json.next
      const cursor = new URLSearchParams(next.split('?')[1]).get('after') ?? ''
      for (const after of [
        '',
        'forged',
        cursor.slice(0, -1),
        `${cursor}&sort=top`,
        'x'.repeat(10_000),
        `${cursor}&after=${cursor}`,
      ])
        isProblem(t, await send('GET', `/posts?after=${after}`), 400, 'INVALID_INPUT', ['after'])
      t.is((await send('GET', `/posts?limit=2&after=${cursor}&utm=x&callback=y`)).json.items.length, 2)
    })
  }
}
