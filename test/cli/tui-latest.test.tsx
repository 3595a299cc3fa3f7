/** @jsxRuntime automatic */
import test from 'ava'
import { render } from 'ink-testing-library'
import type { LatestRating, PostInspection } from 'post-rate'
import { widthOf } from '../../packages/cli/src/ui/fitted.ts'
import { PostDetails } from '../../packages/cli/src/ui/post-details.tsx'
import type { Latest } from '../../packages/cli/src/ui/use-latest.ts'
import { eventually } from '../helpers/eventually.ts'
import { dashboard } from './tui/dashboard.tsx'
import { fakePostRate, hostileTitle, startOfTime } from './tui/fake-post-rate.ts'

test.serial('the newest ratings of the selected post: when, which score, whose, and what is excluded', async (t) => {
  const { press, shows, frame } = dashboard(t)
  await press('2')
  await shows(
    'latest ratings, UTC',
    /12:00:00 {3}4 rater-0 /,
    /11:59:00 {3}3 excl\. rater-1 /,
    '11:58:00   2 evil\\x1b[2J',
    /11:55:00 {3}5 rater-5 /,
  )
  t.false(frame().includes('rater-6'))
})

test.serial('they are read when a post is selected and when its version changes, and not each second', async (t) => {
  const { press, shows, postRate } = dashboard(t)
  const { calls } = postRate
  /** Waits until everything that is read each second has been read twice. */
  const polled = async () => {
    const before = calls.status
    await eventually(() => calls.status >= before + 2)
  }
  await press('2')
  await shows('rater-5')
  await polled()
  t.deepEqual(calls.latest, [20])
  postRate.version++
  await eventually(() => calls.latest.length > 1)
  await press('j')
  await shows('▶ 19', 'rater-5')
  await press('1')
  await shows('Activity')
  postRate.version++
  await polled()
  t.deepEqual(calls.latest, [20, 20, 19])
})

test.serial('a read that fails is said in the panel, tried again, and hides no figures', async (t) => {
  const { press, shows, postRate } = dashboard(t)
  postRate.latestFailure = new Error('PostgreSQL is away\u001b[31m.')
  await press('2')
  await shows('✗ PostgreSQL is away\\x1b[31m.', 'live  1,606, avg 4.49')
  postRate.latestFailure = null
  await shows('rater-5')
})

test.serial('no ratings, and too many to look through', async (t) => {
  for (const [latest, said] of [
    [[], 'None yet.'],
    [null, 'More than 100,000, too many'],
  ] as const) {
    const { press, shows } = dashboard(t, { latest: latest && [...latest] })
    await press('2')
    await shows(said, 'live  1,606, avg 4.49')
  }
})

const users = [
  hostileTitle,
  '漢'.repeat(255),
  'שלום עולם',
  '👨‍👩‍👧‍👦👍🏽🇩🇪',
  `a${'\u0301'.repeat(254)}`,
  '\u202eevil\u2066',
]
const ratings: LatestRating[] = Array.from({ length: 100 }, (_, n) => ({
  postId: 7,
  userId: `${users[n % users.length]}${n}`,
  score: 5,
  ratedAt: startOfTime - n * 8 * 3_600_000,
  excluded: n % 2 === 1,
}))

for (const [width, height, shown] of [
  [80, 11, 6],
  [60, 21, 8],
  [100, 11, 6],
  [100, 24, 11],
  [60, 11, 0],
] as const)
  for (const [name, latest, rows] of [
    ['ratings', { ratings, error: null }, shown],
    ['a long error', { ratings: null, error: `It is away, ${hostileTitle} `.repeat(100) }, 0],
    ['too many', { ratings: 'too many', error: null }, 0],
  ] as [string, Latest, number][])
    test(`the panel is whole at ${width}x${height} with ${name}`, async (t) => {
      const lines = (await details(latest, width, height)).split('\n')
      t.is(lines.length, height)
      t.regex(lines[0] ?? '', /^╭─ Post 7 ─.*─╮$/)
      t.regex(lines.at(-1) ?? '', /^╰─+╯$/)
      for (const line of lines) {
        t.is(widthOf(line), width, line)
        t.notRegex(line, /\p{Cc}|\p{Cf}/u)
      }
      t.true(lines.some((line) => line.includes('displayed as of')))
      const times = lines.join('\n').match(/(\d\d:\d\d:\d\d|2026-\d\d-\d\d) +5 /g) ?? []
      t.is(times.length, rows)
      if (name === 'too many' && shown > 0)
        t.true(
          lines.some((line) => line.includes('all.')),
          'said to its end',
        )
    })

test('a damped post says its next change first, its gap where there is one to see, and the rest below', async (t) => {
  const damped = (gap: number, width: number, height: number) =>
    details({ ratings, error: null }, width, height, { state: 'damped', gap, since: '2026-05-04T11:40:00.000Z' })
  const said = await damped(-1.739, 80, 11)
  t.true(said.includes('│ next change in 3:12 · damped since 11:40:00, 1.74 off · as of 11:58:12 UTC   │'))
  for (const gap of [-0.004, 0.004])
    t.regex(await damped(gap, 80, 11), /next change in 3:12 · damped since 11:40:00 · as of/)
  const high = await damped(1.739, 60, 21)
  t.regex(high, /│ next change in 3:12 · damped since 11:40:00, 1\.74 off · +│\n│ as of 11:58:12 UTC +│\n│ by ann/)
  t.is(high.split('\n').length, 21)
})

async function details(
  latest: Latest,
  width: number,
  height: number,
  guard: PostInspection['displayed']['guard'] = null,
): Promise<string> {
  const { posts, stats } = fakePostRate()
  const [post, [inspection = null]] = await Promise.all([posts.get(7), stats.get([7])])
  if (inspection !== null) inspection.displayed.guard = guard
  const panel = (
    <PostDetails row={{ post, inspection }} latest={latest} now={startOfTime} width={width} height={height} />
  )
  const { lastFrame, unmount } = render(panel)
  // Unmounting writes once more where `CI` is set.
  const frame = lastFrame() ?? ''
  unmount()
  return frame
}
