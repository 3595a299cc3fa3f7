import type { Sent } from '../http/http-host.ts'
import { accepted, type HttpStage, read, refused } from './http-stage.ts'
import type { Row } from './row.ts'

type HttpRow = Row<HttpStage>
type Headers = Record<string, string>

const user = 'ada'
const rating = '/posts/1/rating'

/** Written as it is sent. */
const put = (body: string, headers?: Headers): Sent => ({ user, body, ...(headers && { headers }) })

/** One table, as long as the list of inputs that it is: a row a line, in the order of the numbers. */
export const httpRows: readonly HttpRow[] = [
  // 1, 2: scores
  ...['6', '-1', '4.5', '1e1', '"5"', '""', 'true', 'null', '[]', '[5]', '{}', '1e400', '-0.5'].map((score) =>
    refused(1, `score ${score}`, 'PUT', rating, put(`{"score":${score}}`), '400 INVALID_INPUT score'),
  ),
  refused(1, 'score NaN', 'PUT', rating, put('{"score":NaN}'), '400 INVALID_INPUT body'),
  ...['5.0', '5e0', '5.0000000000000001'].map((score) =>
    accepted(1, `score ${score}: to JSON the integer 5`, 'PUT', rating, put(`{"score":${score}}`), '200 5', score5),
  ),
  refused(2, 'no score', 'PUT', rating, put('{}'), '400 INVALID_INPUT score'),
  accepted(2, '{"score":1,"score":5}: the last wins', 'PUT', rating, put('{"score":1,"score":5}'), '200 5', score5),

  // 3, 4: ids and paths
  ...[
    ...['0', '-1', '+1', '01', '1.0', '1e3', '0x10', '1;drop', '1%00', '%D9%A3', '%zz', '%', '1%2Frating', '1%0a'],
    ...['9007199254740992', '9223372036854775808', '__proto__', 'constructor', '%2e%2e', '%27%20or%201=1--'],
    '5e1b2a52-9c0e-4a7f-8f5e-0a6d1f3b2c4d',
  ].map((id) => refused(3, `GET /posts/${id}`, 'GET', `/posts/${id}`, { user }, '400 INVALID_INPUT id')),
  refused(3, '4 KB of digits', 'GET', `/posts/${'1'.repeat(4096)}`, { user }, '400 INVALID_INPUT id'),
  refused(3, '2^31, well formed and unknown', 'GET', '/posts/2147483648', { user }, '404 POST_NOT_FOUND'),
  refused(3, '2^53-1, well formed and unknown', 'GET', '/posts/9007199254740991', { user }, '404 POST_NOT_FOUND'),
  refused(
    3,
    'postId 2^53',
    'POST',
    '/ratings',
    put('{"postId":9007199254740992,"score":1}'),
    '400 INVALID_INPUT postId',
  ),
  refused(3, 'postId "1"', 'POST', '/ratings', put('{"postId":"1","score":1}'), '400 INVALID_INPUT postId'),
  ...['/posts/../x', '/posts//rating', '/posts/1//', '/%2e%2e/etc/passwd', '//', '/__proto__', '/posts/1/rating/2'].map(
    (path) => refused(4, `GET ${path}`, 'GET', path, { user }, '404 host'),
  ),

  // 5, 6: bodies; larger ones go to a process of its own
  refused(5, '1 MB', 'PUT', rating, put(`{"score":1,"x":"${'x'.repeat(1e6)}"}`), '413 PAYLOAD_TOO_LARGE'),
  refused(
    5,
    '1 MB without a length',
    'PUT',
    rating,
    { ...put('x'.repeat(1e6)), chunked: true },
    '413 PAYLOAD_TOO_LARGE',
  ),
  refused(6, 'an array in the place of an object', 'PUT', rating, put('[{"score":1}]'), '400 INVALID_INPUT body'),
  refused(6, 'depth 2,000, closed', 'PUT', rating, put('['.repeat(2000) + ']'.repeat(2000)), '400 INVALID_INPUT body'),
  refused(6, 'depth 4,000, open', 'PUT', rating, put('['.repeat(4000)), '400 INVALID_INPUT body'),
  refused(
    6,
    'bad UTF-8',
    'PUT',
    rating,
    { user, body: Buffer.from('{"score":1,"x":"\xe9"}', 'latin1') },
    '400 INVALID_INPUT body',
  ),
  refused(6, 'an empty body', 'PUT', rating, put(''), '400 INVALID_INPUT body'),

  // 8, 9, 12: queries
  ...['0', '-1', '101', '1e9', 'NaN', '', '010', '1&limit=2', '1&limit[$gt]=1'].map((limit) =>
    refused(8, `limit=${limit}`, 'GET', `/posts?limit=${limit}`, { user }, '400 INVALID_INPUT limit'),
  ),
  refused(8, 'limit[$gt]=1', 'GET', '/posts?limit[$gt]=1', { user }, '400 INVALID_INPUT limit'),
  refused(9, 'a forged cursor', 'GET', '/posts?after=bmV3ZXN0OjE', { user }, '400 INVALID_INPUT after'),
  refused(9, 'a cursor of 10 KB', 'GET', `/posts?after=${'A'.repeat(10_000)}`, { user }, '400 INVALID_INPUT after'),
  {
    number: 9,
    where: 'HTTP',
    input: 'a cursor cut short; of the other sort; given twice',
    expected: '400, 400, 400',
    check: async ({ send }) => {
      const { next } = (await send('GET', '/posts?limit=1')).json
      const cursor = new URLSearchParams(next.split('?')[1]).get('after') ?? ''
      const queries = [cursor.slice(0, -1), `${cursor}&sort=top`, `${cursor}&after=${cursor}`]
      return statuses(queries.map((query) => () => send('GET', `/posts?after=${query}`)))
    },
  },
  ...['score;DROP', '(select 1)', '__proto__', 'toString', 'NEWEST', 'asc,desc', ''].map((sort) =>
    refused(12, `sort=${sort}`, 'GET', `/posts?sort=${encodeURIComponent(sort)}`, { user }, '400 INVALID_INPUT sort'),
  ),

  // 10, 11, 14: what is not asked for
  {
    number: 10,
    where: 'HTTP',
    input: 'userId, user_id, version, createdAt, isAdmin, post_id in a rating; id, createdBy in a post',
    expected: 'only the rating of who asks, only the four fields of a post',
    check: async ({ send, sql }) => {
      const extra = { userId: 'victim', user_id: 'victim', version: 9, isAdmin: true, post_id: 2, postId: 2 }
      await send('PUT', rating, { user: 'extra', body: { score: 3, ...extra } })
      const made = await send('POST', '/posts', {
        user: 'extra',
        body: { title: 'T', content: 'C', id: 7e6, createdBy: 'x' },
      })
      const rated = await sql(
        "select post_id::int, user_id from post_rate.ratings where user_id in ('extra', 'victim')",
      )
      return JSON.stringify(rated) === '[{"post_id":1,"user_id":"extra"}]' &&
        made.json.createdBy === 'extra' &&
        made.json.id < 7e6
        ? 'only the rating of who asks, only the four fields of a post'
        : JSON.stringify([rated, made.json])
    },
  },
  refused(11, '{"__proto__":{"score":5}}', 'PUT', rating, put('{"__proto__":{"score":5}}'), '400 INVALID_INPUT score'),
  refused(
    11,
    'constructor.prototype',
    'PUT',
    rating,
    put('{"constructor":{"prototype":{"score":5}}}'),
    '400 INVALID_INPUT score',
  ),
  accepted(
    11,
    '{"score":5,"__proto__":{"x":1},"toString":1}',
    'PUT',
    rating,
    put('{"score":5,"__proto__":{"x":1},"toString":1}'),
    '200 5',
    () => (({}) as { x?: number }).x === undefined ? '5' : 'polluted',
  ),
  {
    number: 14,
    where: 'HTTP',
    input: "another user's id in body, query, header, for rate, read and withdraw",
    expected: 'the other is untouched',
    check: async ({ send, sql }) => {
      await send('PUT', rating, { user: 'victim14', body: { score: 2 } })
      const headers = { 'x-user-id': 'victim14', 'x-forwarded-user': 'victim14', from: 'victim14' }
      const body = { score: 0, userId: 'victim14', user: 'victim14' }
      await send('PUT', `${rating}?userId=victim14&user=victim14`, { user: 'attacker', headers, body })
      const seen = await send('GET', '/posts/1?userId=victim14', { user: 'stranger', headers })
      await send('DELETE', `${rating}?userId=victim14`, { user: 'attacker', headers })
      const [left] = await sql("select score from post_rate.ratings where user_id = 'victim14'")
      return left?.score === 2 && seen.json.myScore === null
        ? 'the other is untouched'
        : JSON.stringify([left, seen.json])
    },
  },

  // 13: characters
  refused(13, 'NUL in a title', 'POST', '/posts', put('{"title":"a\\u0000","content":"c"}'), '400 INVALID_INPUT title'),
  refused(
    13,
    'a lone surrogate in a title',
    'POST',
    '/posts',
    put('{"title":"\\ud800","content":"c"}'),
    '400 INVALID_INPUT title',
  ),
  ...["'; drop table post_rate.posts; --", '$1 :name ? %s %n', 'a\\b"c`d', '\u001b[2J\u202e\u200b'].map((title) =>
    accepted(
      13,
      `the title ${JSON.stringify(title)}`,
      'POST',
      '/posts',
      { user, body: { title, content: title } },
      `201 ${title}`,
      (json) => String(json.title),
    ),
  ),
  ...["'; drop table post_rate.ratings; --", '{1}', '*', 'a:b', '\u{1f600}'.repeat(255)].map((name) =>
    accepted(18, `the user ${name.slice(0, 40)}`, 'PUT', rating, { user: name, body: { score: 5 } }, '200 5', score5),
  ),

  // 15: what the host forbids
  ...(['PUT', 'DELETE'] as const).map((method) =>
    refused(
      15,
      `${method} by whom the host refuses`,
      method,
      rating,
      { user: 'banned', ...(method === 'PUT' && { body: { score: 1 } }) },
      '403 FORBIDDEN',
    ),
  ),
  refused(
    15,
    'POST /ratings by whom the host refuses',
    'POST',
    '/ratings',
    { user: 'banned', body: { postId: 1, score: 1 } },
    '403 FORBIDDEN',
  ),
  refused(
    15,
    'POST /posts by whom the host refuses',
    'POST',
    '/posts',
    { user: 'banned', body: { title: 'T', content: 'C' } },
    '403 FORBIDDEN',
  ),

  // 17, 19: who is asking
  refused(17, 'nobody rates', 'PUT', rating, { body: { score: 1 } }, '401 UNAUTHENTICATED'),
  refused(17, 'nobody creates', 'POST', '/posts', { body: { title: 'T', content: 'C' } }, '401 UNAUTHENTICATED'),
  ...['X-User-Id', 'X-Forwarded-User', 'X-Forwarded-For', 'Authorization', 'Cookie'].map((name) =>
    refused(
      19,
      `${name}: ada, and no login`,
      'PUT',
      rating,
      { headers: { [name]: 'ada' }, body: { score: 1 } },
      '401 UNAUTHENTICATED',
    ),
  ),

  // 22, 23: what is not there
  {
    number: 22,
    where: 'HTTP',
    input: '100 posts that do not exist, by id',
    expected: 'all 404, no key in Redis',
    check: async ({ send, redisKeys }) => {
      const before = await redisKeys()
      const seen = await Promise.all(
        Array.from({ length: 100 }, async (_, n) => (await send('GET', `/posts/${9e9 + n}`)).status),
      )
      const after = await redisKeys()
      return seen.every((status) => status === 404) && after === before
        ? 'all 404, no key in Redis'
        : `${seen} ${after}`
    },
  },
  ...['/stats/rebuild', '/stats/verify', '/admin', '/metrics', '/users/ada'].map((path) =>
    refused(23, `POST ${path}`, 'POST', path, put('{}'), '404 host'),
  ),

  // 24: farming
  {
    number: 24,
    where: 'HTTP',
    input: '300 ratings of one user at once, 1 and 5 in turn',
    expected: 'one rating, an unbroken chain of changes',
    check: async ({ send, sql }) => {
      const replies = await Promise.all(
        Array.from({ length: 300 }, (_, n) =>
          send('PUT', '/posts/2/rating', { user: 'farmer', body: { score: n % 2 ? 5 : 1 } }),
        ),
      )
      const rows = await sql("select score from post_rate.ratings where user_id = 'farmer'")
      const chain = await sql(
        "select score, previous_score from post_rate.rating_outbox where user_id = 'farmer' order by id",
      )
      const unbroken = chain.every((row, n) => row.previous_score === (n === 0 ? null : chain[n - 1]?.score))
      const changed = replies.filter(({ json }) => json.changed).length
      return rows.length === 1 && unbroken && changed === chain.length
        ? 'one rating, an unbroken chain of changes'
        : `${rows.length} ratings, ${changed} changes, ${chain.length} events, ${unbroken}`
    },
  },

  // 25, 26, 27, 28: what browsers and proxies may send
  ...[
    ...['text/plain', 'application/x-www-form-urlencoded', 'multipart/form-data; boundary=x', 'text/json'],
    ...['application/json; charset=utf-7', 'application/jsonp', 'application/json, text/plain', ''],
  ].map((type) =>
    refused(
      25,
      `Content-Type: ${type}`,
      'PUT',
      rating,
      put('{"score":1}', { 'content-type': type }),
      '415 UNSUPPORTED_MEDIA_TYPE',
    ),
  ),
  ...(
    [
      { origin: 'https://evil.example' },
      { origin: 'null' },
      { 'sec-fetch-site': 'cross-site' },
      { 'sec-fetch-site': 'same-site' },
      { 'sec-fetch-site': 'x' },
    ] as Headers[]
  ).map((headers) =>
    refused(
      26,
      `${JSON.stringify(headers)} with the cookie`,
      'PUT',
      rating,
      put('{"score":1}', headers),
      '403 FORBIDDEN',
    ),
  ),
  ...(['X-HTTP-Method-Override', 'X-HTTP-Method', 'X-Method-Override'] as const).map((name) =>
    refused(
      27,
      `GET with ${name}: DELETE`,
      'GET',
      rating,
      { user, headers: { [name]: 'DELETE' } },
      '405 METHOD_NOT_ALLOWED',
    ),
  ),
  ...['TRACE', 'PATCH', 'PROPFIND', 'POST'].map((method) =>
    refused(27, `${method} ${rating}`, method, rating, { user }, '405 METHOD_NOT_ALLOWED'),
  ),
  read(
    28,
    'callback=alert, Accept: text/html',
    '/posts/1?callback=alert',
    { user, headers: { accept: 'text/html' } },
    'JSON, nosniff, private',
  ),
  read(28, 'Accept: nonsense', '/posts/1', { user, headers: { accept: ';;q=x' } }, 'JSON, nosniff, private'),
]

function score5(json: { score: number }): string {
  return String(json.score)
}

async function statuses(calls: (() => Promise<{ status: number }>)[]): Promise<string> {
  const seen: number[] = []
  for (const call of calls) seen.push((await call()).status)
  return seen.join(', ')
}
