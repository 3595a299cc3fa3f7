import { createModerationRouter, type ModerationRouterOptions } from '@post-rate/express'
import test from 'ava'
import { eventually } from '../../helpers/eventually.ts'
import { isProblem } from '../http-host.ts'
import { fannedPost, raid, startModeration } from '../moderation-host.ts'

const decision = { reason: 'a raid', dryRun: false }
const period = { postId: 1, from: '2020-01-01T00:00:00Z', to: '2020-01-02T00:00:00Z' }
const reads = ['/', '/incidents', '/incidents/1', '/exclusions', '/excluded-users', '/audit', '/posts/1']
const writes: [string, Record<string, unknown>][] = [
  ['/incidents/1/release', decision],
  ['/incidents/1/exclude', decision],
  ['/exclusions', { ...decision, ...period }],
  ['/exclusions/1/restore', decision],
  ['/excluded-users', { ...decision, userIds: ['rai'] }],
  ['/excluded-users/restore', { ...decision, userIds: ['rai'] }],
]

export function moderationSuite(): void {
  test('moderation: a raid is seen, tried out, excluded, restored and let go, and the trail names who did it', async (t) => {
    t.timeout(60_000)
    const { postRate, get, post, errors } = await startModeration(t)
    const postId = await fannedPost(postRate, 'Bread', 30)
    const { id } = await raid(postRate, postId, 60)
    const list = await get('/incidents?state=open')
    t.deepEqual([list.items.length, list.next], [1, null])
    t.like(list.items[0], { id, postId, state: 'open', arrivals: 60, decidedBy: null })
    t.deepEqual((await get(`/incidents?postId=${postId + 1}`)).items, [])

    const { chart, post: about, ...incident } = await get(`/incidents/${id}`)
    t.like(incident, { id, state: 'open', before: [0, 0, 0, 0, 15, 15] })
    t.true(['second', 'minute'].includes(chart.unit))
    const sums = chart.buckets.reduce(
      (sum: number[], { counts }: { counts: number[] }) => sum.map((n, s) => n + (counts[s] ?? 0)),
      [0, 0, 0, 0, 0, 0],
    )
    t.deepEqual(sums, [55, 5, 0, 0, 0, 0])
    t.true(
      chart.buckets.every(({ start }: { start: string }) => Date.parse(start) >= Date.parse(incident.from) - 60_000),
    )
    t.like(about, { id: postId, title: 'Bread', live: { count: 90 }, displayed: { count: 90 } })
    t.true(about.displayed.average > about.live.average + 2)
    t.deepEqual(await get(`/posts/${postId}`), about)

    // A preview changes nothing, and `by` is what the host says.
    const forged = { ...decision, by: 'mallory' }
    for (const [action, after] of [
      ['exclude', { count: 30, average: 4.5 }],
      ['release', { count: 90 }],
    ] as const) {
      const plan = await post(`/incidents/${id}/${action}`, { ...forged, dryRun: true })
      t.is(plan.status, 200, plan.text)
      t.like(plan.json.after, after)
      t.like(plan.json.incident, { state: 'open', decidedBy: null })
    }
    t.deepEqual([(await get('/audit')).items, (await get('/exclusions')).items], [[], []])

    const excluded = await post(`/incidents/${id}/exclude`, forged)
    t.like(excluded.json, { ratings: 60, after: { count: 30, average: 4.5 } })
    t.like(excluded.json.incident, { state: 'excluded', decidedBy: 'ada', reason: 'a raid' })
    await eventually(async () => (await postRate.posts.get(postId)).stats.count === 30)
    const [exclusion] = (await get(`/exclusions?postId=${postId}`)).items
    t.like(exclusion, { postId, by: 'ada', excluded: 60, restoredAt: null })

    const plan = await post(`/exclusions/${exclusion.id}/restore`, { ...decision, dryRun: true })
    t.like(plan.json, { ratings: 60, before: { count: 30 }, after: { count: 90 } })
    t.is((await get('/exclusions')).items[0].restoredAt, null)
    t.is((await post(`/exclusions/${exclusion.id}/restore`, decision)).json.ratings, 60)
    t.like((await get('/exclusions')).items[0], { restoredBy: 'ada', restored: 60 })
    t.like((await post(`/incidents/${id}/release`, decision)).json.incident, { state: 'released', decidedBy: 'ada' })
    await eventually(async () => (await postRate.posts.get(postId)).stats.guard === null)

    const { items: trail } = await get('/audit')
    t.true(
      trail.every(
        ({ by, reason, endedAt }: Record<string, string | null>) =>
          by === 'ada' && reason === 'a raid' && endedAt !== null,
      ),
    )
    const actions = trail.map(({ action }: { action: string }) => action)
    for (const action of ['incidents exclude', 'incidents release', 'moderate restore'])
      t.true(actions.includes(action), action)
    t.deepEqual(errors, [])
  })

  test('moderation: a period by standing, and users, are excluded and restored', async (t) => {
    const { postRate, get, post } = await startModeration(t)
    const postId = await fannedPost(postRate, 'Bread', 4)
    await postRate.ratings.rate({ postId, userId: 'new', score: 0, established: false })
    await postRate.ratings.rate({ postId, userId: 'old', score: 1, established: true })
    const count = async () => (await postRate.stats.get([postId]))[0]?.live.count
    await eventually(async () => (await count()) === 6)

    const wanted = { ...decision, postId, from: '2019-01-01T00:00:00Z', standing: 'new' }
    t.like((await post('/exclusions', { ...wanted, dryRun: true })).json, {
      ratings: 1,
      exclusion: null,
      before: { count: 6 },
      after: { count: 5 },
    })
    t.like((await post('/exclusions', wanted)).json, { ratings: 1, exclusion: { standing: 'new', by: 'ada' } })
    await eventually(async () => (await count()) === 5)
    const [{ id }] = (await get('/exclusions')).items
    t.is((await post(`/exclusions/${id}/restore`, decision)).json.ratings, 1)
    await eventually(async () => (await count()) === 6)

    const users = { ...decision, userIds: ['new', 'old', 'old'] }
    t.like((await post('/excluded-users', { ...users, dryRun: true })).json, { users: 2, ratings: 2, posts: 1 })
    t.deepEqual((await get('/excluded-users')).items, [])
    t.like((await post('/excluded-users', users)).json, { users: 2, ratings: 2 })
    await eventually(async () => (await count()) === 4)
    const first = await get('/excluded-users?limit=1')
    t.regex(first.next, /^\/moderation\/excluded-users\?limit=1&after=\d+$/)
    const second = await get(first.next.replace('/moderation', ''))
    t.deepEqual([...first.items, ...second.items].map(({ userId, by }) => `${userId} ${by}`).sort(), [
      'new ada',
      'old ada',
    ])
    t.is(second.next, null)
    t.like((await post('/excluded-users/restore', { ...users, dryRun: true })).json, { users: 2, ratings: 2 })
    t.is((await get('/excluded-users')).items.length, 2)
    t.like((await post('/excluded-users/restore', users)).json, { users: 2, ratings: 2 })
    t.deepEqual((await get('/excluded-users')).items, [])

    const audit = await get('/audit?limit=3')
    t.deepEqual(
      audit.items.map(({ action }: { action: string }) => action),
      ['moderate restore-user', 'moderate exclude-user', 'moderate restore'],
    )
    t.deepEqual(
      (await get(audit.next.replace('/moderation', ''))).items.map(({ action }: { action: string }) => action),
      ['moderate exclude'],
    )
  })

  test('moderation: nobody is 403 everywhere, whatever is sent, and so is another site', async (t) => {
    const { send, postRate, errors } = await startModeration(t)
    const sites: Record<string, string>[] = [{ 'sec-fetch-site': 'cross-site' }, { origin: 'https://evil.example' }]
    for (const path of reads) isProblem(t, await send('GET', path), 403, 'FORBIDDEN')
    for (const [path, body] of writes) {
      isProblem(t, await send('POST', path, { body }), 403, 'FORBIDDEN')
      for (const headers of sites)
        isProblem(t, await send('POST', path, { body, user: 'ada', headers }), 403, 'FORBIDDEN')
      isProblem(
        t,
        await send('POST', path, { body: 'a=b', user: 'ada', headers: { 'content-type': 'text/plain' } }),
        415,
        'UNSUPPORTED_MEDIA_TYPE',
      )
      const large = { ...body, x: 'x'.repeat(path.startsWith('/excluded-users') ? 263_000 : 17_000) }
      isProblem(t, await send('POST', path, { body: large, user: 'ada' }), 413, 'PAYLOAD_TOO_LARGE')
    }
    t.deepEqual([await postRate.audit.list(), await postRate.moderation.list(), errors], [[], [], []])
    const listed = await startModeration(t, { allowedOrigins: ['https://admin.example'] })
    const headers = { origin: 'https://admin.example', 'sec-fetch-site': 'cross-site' }
    const restored = await listed.send('POST', '/excluded-users/restore', {
      user: 'ada',
      headers,
      body: { ...decision, userIds: ['rai'] },
    })
    t.is(restored.status, 200)
  })

  test('moderation: what cannot be is 400 with the field, what is not there 404', async (t) => {
    const { get, post } = await startModeration(t)
    const refused = async (path: string, body: unknown, ...fields: string[]) => {
      const reply = await post(path, body)
      isProblem(t, reply, 400, 'INVALID_INPUT')
      t.deepEqual(
        reply.json.errors.map(({ field }: { field: string }) => field).sort(),
        fields,
        `${path} ${JSON.stringify(body)}`,
      )
    }
    for (const [path, body] of writes) {
      await refused(path, [], 'body')
      await refused(path, { ...body, reason: undefined }, 'reason')
      await refused(path, { ...body, reason: 5, dryRun: 'yes' }, 'dryRun', 'reason')
      for (const dryRun of ['true', 1, null]) await refused(path, { ...body, dryRun }, 'dryRun')
      isProblem(t, await post(path, '{"reason'), 400, 'INVALID_INPUT', ['body'])
    }
    const users = { ...decision, userIds: ['rai'] }
    for (const reason of ['', ' ', 'x'.repeat(1001)]) await refused('/excluded-users', { ...users, reason }, 'reason')
    for (const userIds of [[], 'rai', [5], [''], ['a\0b'], undefined])
      await refused('/excluded-users', { ...users, userIds }, 'userIds')
    for (const id of ['0', 'x', '01', '9007199254740993']) await refused(`/incidents/${id}/release`, decision, 'id')
    const asked = { ...decision, ...period }
    for (const postId of ['1', 0, 1.5, undefined]) await refused('/exclusions', { ...asked, postId }, 'postId')
    for (const from of ['soon', {}, undefined]) await refused('/exclusions', { ...asked, from }, 'from')
    await refused('/exclusions', { ...asked, standing: 'old' }, 'standing')
    await refused('/incidents/1/exclude', { ...decision, standing: 'old' }, 'standing')
    for (const [query, field] of [
      ['limit=0', 'limit'],
      ['limit=101', 'limit'],
      ['limit=1&limit=2', 'limit'],
      ['after=x', 'after'],
    ] as const)
      for (const path of ['/incidents', '/exclusions', '/excluded-users', '/audit'])
        t.deepEqual(
          (await get(`${path}?${query}`)).errors?.map((error: { field: string }) => error.field),
          [field],
        )
    t.is((await get('/incidents?state=closed')).errors[0].field, 'state')
    t.is((await get('/incidents?postId=x')).errors[0].field, 'postId')

    for (const path of ['/incidents/9/release', '/incidents/9/exclude', '/exclusions/9/restore'])
      isProblem(t, await post(path, decision), 404, 'NOT_FOUND')
    isProblem(t, await post('/exclusions', { ...asked, postId: 9 }), 404, 'POST_NOT_FOUND')
    t.is((await get('/incidents/9')).code, 'NOT_FOUND')
    t.is((await get('/posts/9')).code, 'POST_NOT_FOUND')
  })

  test('moderation: methods, headers, and the paths of the host', async (t) => {
    const { send, errors } = await startModeration(t)
    for (const [path, allow] of [
      ['/', 'GET, HEAD, OPTIONS'],
      ['/incidents/1/exclude', 'POST, OPTIONS'],
      ['/exclusions', 'GET, HEAD, POST, OPTIONS'],
    ] as const) {
      const options = await send('OPTIONS', path)
      t.deepEqual([options.status, options.headers.allow], [204, allow])
      const refused = await send('DELETE', path)
      isProblem(t, refused, 405, 'METHOD_NOT_ALLOWED')
      t.is(refused.headers.allow, allow)
    }
    for (const path of reads) {
      const reply = await send('GET', path, { user: 'ada' })
      const head = await send('HEAD', path, { user: 'ada' })
      t.deepEqual(
        [head.status, head.text, head.headers['content-length']],
        [reply.status, '', reply.headers['content-length']],
      )
      for (const { headers } of [reply, head, await send('GET', path)]) {
        t.is(headers['cache-control'], 'private, no-store', path)
        t.is(headers['x-content-type-options'], 'nosniff')
      }
    }
    for (const path of [
      '/none',
      '/incidents/1/none',
      '/moderation',
      '/moderation/none.js',
      '/stars.js',
      '/moderation/%2e%2e/package.json',
    ])
      t.is((await send('GET', path, { user: 'ada' })).json.host, 'fell through', path)
    t.deepEqual(errors, [])
  })

  for (const parser of ['none', 'before'] as const)
    test(`moderation: the page finds its files under every prefix, and names the moderator (parser: ${parser})`, async (t) => {
      for (const prefix of ['/moderation', '/deep/er', '']) {
        const { send, port, post } = await startModeration(t, { parser, prefix })
        for (const path of prefix === '' ? ['/'] : ['', '/', '/?x=/y']) {
          const page = await send('GET', path, { user: '<b>&' })
          t.is(page.status, 200)
          t.regex(page.headers['content-type'] ?? '', /^text\/html/)
          t.notRegex(String(page.headers['content-security-policy']), /unsafe|\*|http/)
          t.true(page.text.includes('<strong>&lt;b&gt;&amp;</strong>'))
          t.notRegex(page.text, /<style|<script(?! type="module" src=)| style=| on\w+=/)
          const links = [...page.text.matchAll(/(?:href|src)="(?!data:|#)([^"]*)"/g)].map(([, link = '']) => link)
          t.is(links.length, 2)
          for (const link of links)
            t.is((await fetch(new URL(link, `http://127.0.0.1:${port}${prefix}${path}`))).status, 200, link)
        }
        t.is((await post('/excluded-users', { ...decision, userIds: ['rai'], dryRun: true })).status, 200)
      }
      const { send } = await startModeration(t, { publicPath: '/shop/moderation' })
      t.true((await send('GET', '/', { user: 'ada' })).text.includes('src="/shop/moderation/moderation.js"'))
      t.regex((await send('GET', '/audit', { user: 'ada' })).text, /"next":null/)
    })

  test('moderation: what moderatorOf throws or must not give goes to the host', async (t) => {
    const thrown = new Error('session store away')
    for (const [moderatorOf, expected] of [
      [() => Promise.reject(thrown), thrown],
      [() => '', TypeError],
      [() => 5 as never, TypeError],
    ] as const) {
      const { send, errors } = await startModeration(t, { moderatorOf })
      t.is((await send('GET', '/audit')).status, 599)
      if (expected === thrown) t.deepEqual(errors, [thrown])
      else t.true(errors[0] instanceof TypeError)
    }
    const { send } = await startModeration(t, { moderatorOf: async () => undefined })
    isProblem(t, await send('GET', '/audit'), 403, 'FORBIDDEN')
  })

  test('moderation: options that cannot be used are refused by their name', (t) => {
    const postRate = { incidents: {}, moderation: {} }
    const moderatorOf = () => null
    for (const [options, name] of [
      [{}, 'postRate'],
      [{ postRate: {}, moderatorOf }, 'postRate'],
      [{ postRate }, 'moderatorOf'],
      [{ postRate, moderatorOf, allowedOrigins: '*' }, 'allowedOrigins'],
      [{ postRate, moderatorOf, allowedOrigins: ['*'] }, 'allowedOrigins'],
      [{ postRate, moderatorOf, publicPath: 'x' }, 'publicPath'],
      [{ postRate, moderatorOf, getUser: moderatorOf }, 'getUser'],
    ] as const)
      t.throws(() => createModerationRouter(options as unknown as ModerationRouterOptions), {
        instanceOf: TypeError,
        message: new RegExp(name),
      })
  })
}
