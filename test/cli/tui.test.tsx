/** @jsxRuntime automatic */
import test from 'ava'
import { widthOf } from '../../packages/cli/src/ui/fitted.ts'
import { eventually } from '../helpers/eventually.ts'
import { dashboard } from './tui/dashboard.tsx'
import { goodStatus, hostileTitle } from './tui/fake-post-rate.ts'

test.serial(
  'the overview shows activity, dependencies, a lag bar a partition, relay shards, and that all is well',
  async (t) => {
    const { shows, frame } = dashboard(t)
    await shows(
      '1,234 rows, oldest 0.4 s',
      'PostgreSQL ● 15.14',
      'Kafka      ● 4.4',
      'Redis      ● 7.0.15',
      '0.3 s behind',
    )
    await shows('relay:0', 'api-1:4711', '2 of 2 held', '16,502 messages', 'Nothing needs attention', 'shop')
    const [none, some, most] = [1, 3, 5].map((partition) => barOf(frame(), partition))
    t.is(none, 0)
    t.true((some ?? 0) > 0)
    t.true((most ?? 0) > 2 * (some ?? 0))
    await t.notThrowsAsync(shows(/Ratings +[\d.,]+\/s +[▁▂▃▄▅▆▇█]{2}/))
  },
)

test.serial('the overview says what is wrong and what to do', async (t) => {
  const { kafka, redis, postgres } = goodStatus.dependencies
  const { shows } = dashboard(t, {
    status: {
      dependencies: {
        postgres,
        redis: { ...redis, configured: false },
        kafka: { ...kafka, reachable: false, detail: 'Start it.' },
      },
      leases: [
        { name: 'relay:0', holder: 'api-1', term: 3, secondsLeft: -5 },
        { name: 'reconciler:0/1', holder: 'consumer-1', term: 3, secondsLeft: 9 },
      ],
      lag: [],
    },
  })
  await shows(
    '○ not configured',
    '✗ cannot be reached',
    'Kafka cannot be reached. Start it.',
    'expired',
    'No relay runs, 1,234 changes',
  )
})

test.serial('what is wrong is said to its end, where there are rows for it', async (t) => {
  const { postgres, kafka } = goodStatus.dependencies
  const detail = 'Cannot reach Redis at cache.example:6379: connect ECONNREFUSED 10.0.0.7:6379. Start it with `it`.'
  const redis = { ...postgres, reachable: false, detail }
  const { shows } = dashboard(t, { status: { dependencies: { postgres, kafka, redis } } })
  await shows(/✗ Cannot reach Redis at .*connect ECONNREFUSED/, /│ {3}`it`\. +│/)
})

test.serial('v verifies in the background and names the posts that drift', async (t) => {
  const { press, shows } = dashboard(t, { drift: [{ postId: 17, kind: 'behind', expected: 3, found: 2 }] })
  await shows('not verified')
  await press('v')
  await shows('1 in 1,000 posts', '1 post drifts (behind): 17. Press r to rebuild.')
})

test.serial('posts are listed live beside displayed, with a histogram and the time to the next change', async (t) => {
  const { press, shows } = dashboard(t, { titles: { 19: 'x'.repeat(200) } })
  await press('2')
  await shows(/ 19 .* x{54}… │/)
  await shows('Posts, newest first', '▶ 20', 'Post number 20', /20 +1606 +4\.49 +1601 +4\.49 +3:\d\d/)
  await shows('live  1,606, avg 4.49', 'shown 1,601, avg 4.49', /5 █+[▏▎▍▌▋▊▉█]? +1000 +5 █+/, 'version 60, from redis')
  await shows(/next change in 3:\d\d · displayed as of 11:58:12 UTC/)
})

test.serial('guarded posts are listed with gap and time; x asks, and only y lets one go', async (t) => {
  const guarded = [17, 4].map((postId) => ({
    ...{ postId, count: 401, shownAverage: 3.52, trueAverage: 1.78, gap: 1.74, normalPerHour: 2.5, released: false },
    ...{ since: '2026-05-04T11:40:00.000Z', nextUpdateAt: '2026-05-04T12:03:12.000Z' },
  }))
  const { press, shows, postRate } = dashboard(t, { guarded, titles: { 4: hostileTitle } })
  await press('4')
  await shows('Spike guard', '2 held back', /▶ 17 +401 +3\.52 +1\.78 +\+1\.74 +11:40:00 +3:\d\d +Post number 17 +│/)
  await shows(/ 4 +401 .* evil\\x1b\[2J.*… │/)
  await press('x')
  await shows('Let the average of post 17 go?')
  await press('n')
  await press('j')
  await shows('▶ 4')
  t.deepEqual(postRate.releases, [])
  await press('x')
  await shows('Let the average of post 4 go?')
  await press('y')
  await shows('Post 4 shows its true average at its next update')
  t.deepEqual(postRate.releases, [4])
})

test.serial('incidents are listed with their state, duration and scores; no text of them draws anything', async (t) => {
  const over = { state: 'excluded', to: '2026-05-04T11:40:00.000Z', decidedBy: 'ada', reason: 'evil\u001b[2J' } as const
  const open = { state: 'open', to: null, decidedBy: null, reason: null } as const
  const incidents = [open, over].map((what, index) => ({
    ...{ id: 2 - index, postId: 17, from: '2026-05-04T11:28:00.000Z', arrivals: 120, largestGap: 2.314 },
    ...{
      before: [0, 0, 0, 0, 9, 9] as const,
      scores: [100, 0, 0, 0, 0, 20] as const,
      newRaters: null,
      quarantined: 0,
      decidedAt: null,
    },
    ...what,
  }))
  const { press, shows } = dashboard(t, { incidents })
  await press('4')
  await shows('Spike guard', 'Incidents', '1 open: post-rate incidents')
  await shows(/ 2 +17 +open +3\d min .*120 +█▁▁▁▁▂ +2\.31 /, / 1 +17 +excluded +12 min.* 120 +█▁▁▁▁▂ +2\.31 +ada/)
})

test.serial('j and k select, over the ends of pages too; PgDn turns, g goes home, s sorts', async (t) => {
  const { press, shows } = dashboard(t)
  await press('2')
  await shows('▶ 20')
  await press('j')
  await shows('▶ 19', 'Post 19')
  await press('jjjjjjj')
  await shows('page 2', '▶ 13')
  await press('k')
  await shows('page 1', '▶ 14')
  await press('\u001b[6~')
  await shows('page 2')
  await press('g')
  await shows('page 1', '▶ 20')
  await press('s')
  await shows('Posts, top', '▶ 1 ')
})

test.serial(
  '/ searches by id and by title, letters are no keys meanwhile, and esc shows all posts again',
  async (t) => {
    const { press, shows, postRate } = dashboard(t, {
      posts: 300,
      titles: { 7: 'Rye Bread', 205: 'Brown bread\u001b[2J' },
    })
    await press('2')
    await shows('▶ 300')
    await press('/')
    await shows('Search, an id or a part of a title: ▏')
    for (const key of 'qr7') await press(key)
    await shows('title: qr7▏')
    for (const key of ['\u007f', '\u007f', '\u007f', 'b', 'read']) await press(key)
    await shows('title: bread▏')
    await press('\r')
    await shows('Posts, search: bread', '▶ 205', 'Brown bread\\x1b[2J', 'Rye Bread')
    await press('j')
    await shows('▶ 7', 'Post 7')
    await press('/41')
    await press('\r')
    await shows('Posts, search: 41', '▶ 41', 'Post 41')
    await press('/')
    await press('999')
    await press('\r')
    await shows('No such id, and no such title')
    await press('\u001b')
    await shows('Posts, newest first', '▶ 300')
    t.deepEqual(postRate.rebuilds, [])
  },
)

test.serial('r asks; n leaves everything as it is', async (t) => {
  const { press, shows, postRate } = dashboard(t)
  await shows('Activity')
  await press('r')
  await shows('Rebuild all posts?', 'y  yes', 'd  dry run', 'n  no')
  await press('n')
  await shows('r  rebuilds')
  // Pasted: the question that the r raises is not answered by the y behind it.
  await press('ry')
  await shows('Rebuild all posts?')
  t.is(postRate.rebuilds.length, 0)
})

test.serial('d looks first, y rebuilds with progress, rate and remaining time, then the result', async (t) => {
  const { press, shows, postRate } = dashboard(t, { rebuildStepMs: 1 })
  await shows('Activity')
  await press('r')
  await shows('Rebuild all posts?')
  await press('d')
  await shows('(dry run)')
  await shows('3 of 1,000 posts differ', 'Nothing was changed')
  await press('r')
  await shows('Rebuild all posts?')
  await press('y')
  await shows(/█+░+ +\d+ %/, /\d+ of 1,000 posts · [\d.,]+\/s · [\d.]+ s left · 2 repaired/)
  await press('1')
  await shows('Activity', /3 Rebuild \d+%/)
  await press('3')
  await shows('3 of 1,000 posts repaired in 1.3 s')
  t.deepEqual(postRate.rebuilds, [
    { dryRun: true, ended: 'done' },
    { dryRun: false, ended: 'done' },
  ])
})

test.serial('a rebuild that goes on where it was cut short takes its rate from what it did itself', async (t) => {
  const { press, shows } = dashboard(t, { rebuildStepMs: 3, rebuiltBefore: 500 })
  await shows('Activity')
  await press('r')
  await shows('Rebuild all posts?')
  await press('y')
  // A post every 3 ms; with the 500 before it would be 600 a second and more.
  await shows('on from the 500 posts that were done before', /\d+ of 1,000 posts · [1-3]\d\d(\.\d)?\/s · [\d.]+ s left/)
})

test.serial('escape stops a rebuild; q asks before it does', async (t) => {
  const { press, shows, postRate } = dashboard(t, { rebuildStepMs: 10 })
  await shows('Activity')
  await press('r')
  await shows('Rebuild all posts?')
  await press('y')
  await shows('Rebuilding')
  await press('q')
  await shows('A rebuild runs: q again stops it')
  await press('x')
  await press('\u001b')
  await shows('Stopped. What was repaired stays repaired.')
  await eventually(() => postRate.rebuilds[0]?.ended === 'aborted')
  t.pass()
})

test.serial('? shows every key, any key goes back', async (t) => {
  const { press, shows } = dashboard(t)
  await shows('Activity')
  await press('?')
  await shows('Keys', 'PgDn PgUp', 'Ctrl-L', 'sort: newest or top')
  await press('z')
  await shows('Activity')
})

test.serial('a status that fails is a line; the last figures stay, reads never overlap, and it recovers', async (t) => {
  const { shows, frame, postRate } = dashboard(t)
  await shows('1,234 rows')
  postRate.failure = new Error('PostgreSQL is away\u001b[31m.')
  await shows('✗ PostgreSQL is away\\x1b[31m. Trying again every second.', '1,234 rows')
  postRate.failure = null
  await eventually(() => !frame().includes('away'))
  t.is(postRate.calls.statusAtOnce, 1)
})

test.serial('the pipeline shows what waits at each stage, who works there, and the last errors', async (t) => {
  const { press, shows, log, postRate } = dashboard(t)
  await shows('Activity')
  await press('5')
  await shows(
    'From a rating to its readers',
    /ratings +─▶ outbox +─▶ topic +─▶ readers/,
    /1,234 +16,502 waiting +0\.3 s behind/,
    'relay:0',
    'p5 ',
    'None since the dashboard was opened',
  )
  log.addLogged('{"time":"x","level":"error","message":"the broker is away","attempt":3,"title":"\\u001b[2J"}')
  log.addLogged('no JSON at all')
  postRate.failure = new Error('PostgreSQL is away')
  await shows('✗ the broker is away attempt=3 title=\\x1b[2J', '! no JSON at all', '✗ PostgreSQL is away')
})

test.serial('the log has what was done and what went wrong, and scrolls', async (t) => {
  const { press, shows, log, frame } = dashboard(t, { rebuildStepMs: 0 })
  await shows('Activity')
  await press('6')
  await shows('Nothing has happened yet')
  await press('v')
  await shows('Verify begins.', 'Verify: 0 findings in 1,000 posts.')
  await press('r')
  await shows('Rebuild all posts?')
  await press('d')
  await shows('posts differ')
  await press('6')
  await shows('Rebuild: 3 of 1,000 posts differ.')
  for (let n = 1; n <= 100; n++) log.add('info', `line ${n}.`)
  await shows('line 100.')
  await press('k')
  await shows('1 newer', 'line 99.')
  t.false(frame().includes('line 100.'))
  await press('\u001b[5~')
  await shows('11 newer')
  await press('g')
  await shows('line 100.')
})

test.serial('titles full of control characters, bidi, emoji and a megabyte leave the frame intact', async (t) => {
  const { press, shows, frame } = dashboard(t, {
    titles: {
      20: hostileTitle,
      19: '漢'.repeat(500_000),
      18: `a${'\u0301'.repeat(1000)}`,
      17: 'שלום עולם 👨‍👩‍👧‍👦👍🏽',
    },
  })
  await press('2')
  await shows('evil\\x1b[2J\\x1b]0;owned\\x07', '漢漢…')
  t.notRegex(frame().replaceAll('\n', ''), /\p{Cc}|\p{Cf}/u)
  for (const line of frame()
    .split('\n')
    .filter((each) => each.startsWith('│'))) {
    t.is(widthOf(line), 100)
    t.true(line.endsWith('│'))
  }
  const started = performance.now()
  await press('j')
  await shows('Post 19')
  t.true(performance.now() - started < 1000)
})

function barOf(frame: string, partition: number): number {
  const line = frame.split('\n').find((each) => each.includes(`p${partition} `)) ?? ''
  return line.match(/█/g)?.length ?? 0
}
