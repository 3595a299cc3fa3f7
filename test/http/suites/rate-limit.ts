import test from 'ava'
import { isProblem, startHost } from '../http-host.ts'

const minute = (requests: number) => ({ requests, seconds: 60 })

export function rateLimitSuite(): void {
  test('rateLimit: each user has a quota of writes; reading is not counted, 401 comes first', async (t) => {
    const { send, postRate } = await startHost(t, { rateLimit: { perUser: minute(2) } })
    postRate.seed(1)
    const rate = (user: string) => send('PUT', '/posts/1/rating', { user, body: { score: 1 } })
    t.is((await rate('u1')).status, 200)
    t.is((await send('DELETE', '/posts/1/rating', { user: 'u1' })).status, 204)
    const limited = await rate('u1')
    isProblem(t, limited, 429, 'RATE_LIMITED')
    t.regex(limited.headers['retry-after'] ?? '', /^([1-9]|[1-5][0-9]|60)$/)
    t.is(limited.headers['cache-control'], 'private, no-cache')
    t.is((await rate('u2')).status, 200)
    for (let times = 0; times < 5; times++) t.is((await send('GET', '/posts', { user: 'u1' })).status, 200)
    isProblem(t, await send('PUT', '/posts/1/rating'), 401, 'UNAUTHENTICATED')
    t.is(postRate.calls.filter((call) => call === 'rate').length, 2)
  })

  test('rateLimit: 429 comes before a body is read', async (t) => {
    const { send } = await startHost(t, { rateLimit: { perUser: minute(1) } })
    const text = { user: 'u1', headers: { 'content-type': 'text/plain' }, body: 'x' }
    isProblem(t, await send('PUT', '/posts/1/rating', text), 415, 'UNSUPPORTED_MEDIA_TYPE')
    isProblem(t, await send('PUT', '/posts/1/rating', text), 429, 'RATE_LIMITED')
  })

  test('rateLimit: each address has a quota of requests, judged before the host is asked who it is', async (t) => {
    let asked = 0
    const getUser = () => {
      asked++
      return null
    }
    const rateLimit = { perAddress: minute(3) }
    const settings = { 'trust proxy': true }
    const { send } = await startHost(t, { rateLimit, getUser, settings })
    const from = (address: string) => send('GET', '/posts', { headers: { 'x-forwarded-for': address } })
    for (const expected of [200, 200, 200, 429, 429]) t.is((await from('192.0.2.1')).status, expected)
    t.is(asked, 3)
    t.is((await from('192.0.2.2')).status, 200)
    t.is((await from('::ffff:192.0.2.1')).status, 429, 'IPv4 inside IPv6 is the same address')
    for (const [address, expected] of [
      ['2001:db8:0:1::1', 200],
      ['2001:db8:0:2::9', 200],
      ['2001:db8:0:ff:ffff::', 200],
      ['2001:db8:0:3::1', 429],
      ['2001:db8:0:100::1', 200],
    ] as const)
      t.is((await from(address)).status, expected, address)
    for (const odd of ['', 'unknown', '1.2.3.4:80', 'x'.repeat(5000)]) t.true((await from(odd)).status < 500)
  })

  test('rateLimit: the reference page and the OpenAPI document count for their address', async (t) => {
    const { send } = await startHost(t, { rateLimit: { perAddress: minute(2) } })
    for (const path of ['/docs', '/openapi.json']) t.is((await send('GET', path)).status, 200)
    for (const path of ['/docs', '/openapi.json', '/posts']) isProblem(t, await send('GET', path), 429, 'RATE_LIMITED')
  })

  test('rateLimit: unauthenticated writes count for their address', async (t) => {
    const { send } = await startHost(t, { rateLimit: { perAddress: minute(2) } })
    for (let times = 0; times < 2; times++) isProblem(t, await send('PUT', '/posts/1/rating'), 401, 'UNAUTHENTICATED')
    isProblem(t, await send('PUT', '/posts/1/rating'), 429, 'RATE_LIMITED')
  })

  test('rateLimit: RateLimit-Policy and RateLimit on answers that pass and on those that do not', async (t) => {
    const { send, postRate } = await startHost(t, {
      rateLimit: { perUser: { requests: 1, seconds: 30 }, perAddress: minute(9) },
    })
    postRate.seed(1)
    const read = await send('GET', '/posts')
    t.is(read.headers['ratelimit-policy'], '"address";q=9;w=60')
    t.is(read.headers.ratelimit, '"address";r=8;t=60')
    const written = await send('PUT', '/posts/1/rating', { user: 'u1', body: { score: 1 } })
    t.is(written.status, 200)
    t.is(written.headers['ratelimit-policy'], '"address";q=9;w=60, "user";q=1;w=30')
    t.regex(String(written.headers.ratelimit), /^"address";r=7;t=(59|60), "user";r=0;t=30$/)
    const limited = await send('PUT', '/posts/1/rating', { user: 'u1', body: { score: 1 } })
    t.is(limited.status, 429)
    t.regex(String(limited.headers.ratelimit), /^"address";r=6;t=(59|60), "user";r=0;t=(29|30)$/)
    t.is(limited.headers['retry-after'], /"user";r=0;t=(\d+)/.exec(String(limited.headers.ratelimit))?.[1])
  })

  test('rateLimit: without it nothing is limited and no header is sent', async (t) => {
    const { send, postRate } = await startHost(t)
    postRate.seed(1)
    for (let times = 0; times < 30; times++) {
      const { status, headers } = await send('PUT', '/posts/1/rating', { user: 'u1', body: { score: 1 } })
      t.deepEqual([status, headers.ratelimit, headers['ratelimit-policy']], [200, undefined, undefined])
    }
  })

  test('rateLimit: a quota is used up for its seconds, then there is a new one', async (t) => {
    const { send, postRate } = await startHost(t, { rateLimit: { perUser: { requests: 1, seconds: 1 } } })
    postRate.seed(1)
    const rate = async () => (await send('PUT', '/posts/1/rating', { user: 'u1', body: { score: 1 } })).status
    t.deepEqual([await rate(), await rate()], [200, 429])
    await new Promise((resolve) => setTimeout(resolve, 1100))
    t.is(await rate(), 200)
  })

  test('rateLimit: a quota that is none is refused when the router is made', async (t) => {
    for (const quota of [
      { requests: 0, seconds: 1 },
      { requests: 1.5, seconds: 1 },
      { requests: 1, seconds: 0 },
      { requests: 1, seconds: 86_401 },
      { requests: Number.NaN, seconds: 1 },
    ])
      for (const option of ['perUser', 'perAddress'])
        await t.throwsAsync(startHost(t, { rateLimit: { [option]: quota } }), { instanceOf: RangeError })
  })
}
