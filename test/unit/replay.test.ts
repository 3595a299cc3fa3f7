import test from 'ava'
import { plotReplaySvg } from '../../packages/cli/src/replay/plot-svg.ts'
import { plotReplayText } from '../../packages/cli/src/replay/plot-text.ts'
import { medianOf, type ReplayPolicy, replayPolicies } from '../../packages/cli/src/replay/policies.ts'
import { inOrder, type RecordedRating, type ReplayRating, withoutRaid } from '../../packages/cli/src/replay/ratings.ts'
import { replay, walkAll } from '../../packages/cli/src/replay/replay.ts'
import { type Walk, walk } from '../../packages/cli/src/replay/walk.ts'
import { guardSettings } from '../../packages/cli/src/simulate/policies.ts'
import { foldEvent, newPostStats, type PostStats, stepWindows } from '../../packages/post-rate/src/domain/post-stats.ts'
import { defaultDisplaySettings, defaultRoleSettings } from '../../packages/post-rate/src/domain/settings.ts'
import { raidFrom, recordedFrom, recordedRaid } from '../helpers/recorded-raid.ts'

const hourMs = 3_600_000
const dayMs = 24 * hourMs
const ratings = inOrder(recordedRaid())
const raidEnd = raidFrom + hourMs / 2

test('guard and freeze show what the relay would have displayed', (t) => {
  const changed = recordedRaid().map((rating, n) => (n % 7 === 0 ? { ...rating, user: `honest ${n % 49}` } : rating))
  const some = inOrder(changed)
  t.true(some.some(({ replaces }) => replaces !== null))
  t.true(some.some(({ arrival }) => !arrival))
  for (const display of ['freeze', 'guard'] as const) {
    const walked = walk(some, policy(display), { settings: { ...defaultDisplaySettings } })
    const relayed = foldAll(some, display)
    for (const [at, average] of relayed) t.is(shownAt(walked, at), average, `${display} ${new Date(at).toISOString()}`)
  }
})

/** The displayed average at the end of each window, as the relay folds the ratings. Post 0 has the windows of the clock. */
function foldAll(some: readonly ReplayRating[], display: 'freeze' | 'guard'): Map<number, number | null> {
  const settings = { ...defaultDisplaySettings, ...defaultRoleSettings, display, effectiveAt: 0, previous: null }
  const context = { settings, versionFloor: 0, watermark: 0 }
  const seen = new Map<number, number | null>()
  const latest = new Map<string, { score: number; ratedAt: number }>()
  const left = [...some]
  let stats: PostStats = newPostStats(0, recordedFrom)
  for (let end = recordedFrom + 300_000; left.length > 0; end += 300_000) {
    while (left[0] !== undefined && left[0].at < end) {
      const { at, score, user } = left.shift() as ReplayRating
      const userId = String(user)
      const previous = latest.get(userId)
      latest.set(userId, { score, ratedAt: at })
      const [previousScore, previousRatedAt] = [previous?.score ?? null, previous?.ratedAt ?? null]
      const event = {
        kind: 'rating',
        postId: 0,
        userId,
        score,
        previousScore,
        ratedAt: at,
        previousRatedAt,
        at,
      } as const
      stats = foldEvent(stats, event, context).at(-1)?.stats as PostStats
    }
    stats = stepWindows(stats, end, context).at(-1)?.stats ?? stats
    seen.set(end, stats.displayed.average)
  }
  return seen
}

test('a repeated score is no change, and an account arrives once in 24 hours', async (t) => {
  const of = (at: number, score: number): RecordedRating => ({ at, score, user: 'ada', raid: null, established: null })
  const found = inOrder([of(3 * dayMs, 5), of(0, 4), of(hourMs, 4), of(2 * hourMs, 2)])
  t.deepEqual(
    found.map(({ at, arrival, replaces }) => [at, arrival, replaces]),
    [
      [0, true, null],
      [2 * hourMs, false, 0],
      [3 * dayMs, true, 1],
    ],
  )
  const [report] = await replay(found, { windowSeconds: 300, every: 86_400, only: ['freeze'] })
  t.deepEqual(
    report?.points.map(({ count, plain, shown }) => [count, plain, shown]),
    [
      [1, 2, 2],
      [1, 2, 2],
      [1, 2, 2],
      [1, 5, 5],
    ],
  )
})

test('a rating of the raid does not hide the rating that it replaced', (t) => {
  const of = (at: number, score: number, raid: boolean): RecordedRating => ({
    at,
    score,
    user: 'ada',
    raid,
    established: null,
  })
  const some = inOrder([of(0, 5, false), of(dayMs, 0, true), of(2 * dayMs, 4, false)])
  t.deepEqual(
    withoutRaid(some).map(({ score, replaces }) => [score, replaces]),
    [
      [5, null],
      [4, 0],
    ],
  )
  const walked = walk(some, policy('oracle'), { settings: guardSettings })
  t.deepEqual([shownAt(walked, 1.5 * dayMs), shownAt(walked, 3 * dayMs)], [5, 4])
})

const walks = new Map(
  [...walkAll(ratings, replayPolicies, guardSettings, raidEnd + 4 * dayMs)].map(({ policy: { name }, walked }) => [
    name,
    walked,
  ]),
)
const honest = walk(withoutRaid(ratings), policy('freeze'), { settings: guardSettings, until: raidEnd + 4 * dayMs })

test('delay-24h shows each rating a day later', (t) => {
  const [delayed, freeze] = [of('delay-24h'), of('freeze')]
  for (const at of [recordedFrom + 5 * dayMs, raidEnd + hourMs, raidEnd + 25 * hourMs])
    t.is(shownAt(delayed, at), shownAt(freeze, at - dayMs))
  t.is(shownAt(delayed, recordedFrom + 12 * hourMs), null)
  t.true(delayed.fates.every((fate) => fate === 'delayed'))
})

test('excise shows the raid for a day; then it is gone, but for what came before the guard was armed', (t) => {
  const before = shownAt(honest, raidEnd) as number
  t.true(before - (shownAt(of('excise'), raidEnd + 12 * hourMs) as number) > 1)
  t.true(Math.abs(before - (shownAt(of('excise'), raidEnd + 25 * hourMs) as number)) < 0.1)
})

test('closed refuses what arrives while the guard is armed', (t) => {
  const { fates, armed } = of('closed')
  const lost = ratings.filter((_, n) => fates[n] === 'lost')
  t.true(lost.length > 100)
  t.true(lost.every(({ at }) => armed.some(({ from, to }) => at >= from && (to === null || at < to))))
})

test('established and oracle count what their column says', (t) => {
  t.is(
    of('established').fates.filter((fate) => fate === 'counted').length,
    ratings.filter((one) => one.established).length,
  )
  for (const { at } of ratings) t.is(shownAt(of('oracle'), at), shownAt(honest, at))
})

test('quarantine holds the raid; of the new accounts alone it holds three quarters', (t) => {
  const at = raidEnd + dayMs
  const off = (name: string) => Math.abs((shownAt(honest, at) as number) - (shownAt(of(name), at) as number))
  t.true(off('quarantine-all') < 0.1)
  t.true(off('quarantine-all') < off('quarantine-new'))
  t.true(off('quarantine-new') <= off('guard') && off('quarantine-new') < off('freeze') / 2)
  const lost = (name: string) => ratings.filter(({ raid }, n) => raid && of(name).fates[n] === 'lost').length
  t.deepEqual([lost('quarantine-all'), lost('quarantine-new')], [200, 150])
})

test('embargo, median and half-life are other averages', (t) => {
  t.is(shownAt(of('embargo'), recordedFrom + 35 * hourMs), null)
  t.is(shownAt(of('embargo'), recordedFrom + 40 * hourMs), shownAt(of('freeze'), recordedFrom + 40 * hourMs))
  t.is(shownAt(of('median'), raidFrom), 4)
  t.deepEqual(
    [medianOf([0, 0, 0, 0, 0, 0]), medianOf([1, 0, 0, 0, 0, 1]), medianOf([1, 0, 0, 2, 0, 0])],
    [null, 2.5, 3],
  )
  const one = (at: number, score: number): RecordedRating => ({ at, score, user: null, raid: null, established: null })
  const pair = inOrder([one(0, 5), one(30 * dayMs, 2)])
  t.is(shownAt(walk(pair, policy('half-life'), { settings: guardSettings }), 31 * dayMs), 3)
})

test('shift holds the average while zeros arrive, and no honest traffic', (t) => {
  const { armed } = of('shift')
  t.is(armed.length, 1)
  t.true((armed[0]?.from as number) > raidFrom && (armed[0]?.from as number) <= raidEnd)
  t.true(Math.abs((shownAt(of('shift'), raidEnd + hourMs) as number) - (shownAt(honest, raidFrom) as number)) < 0.3)
})

test('measures of a labelled raid', async (t) => {
  const reports = await replay(ratings, { windowSeconds: 300, every: 3_600 })
  t.deepEqual(
    reports.map(({ name }) => name),
    replayPolicies.map(({ name }) => name),
  )
  const of = (name: string) => reports.find((one) => one.name === name)?.metrics
  t.is(of('oracle')?.displacement?.['24h'], 0)
  t.true((of('freeze')?.displacement?.['24h'] as number) > 1)
  t.is(of('freeze')?.displacement?.['144h'], null)
  t.is(of('freeze')?.secondsToDetection, null)
  const guard = of('guard')
  t.true((guard?.secondsToDetection as number) > 0 && (guard?.secondsToDetection as number) <= 1_800)
  t.is(guard?.alarmsPerYear, 0)
  t.is(of('delay-24h')?.honestDelayed, 240)
  t.is(of('established')?.honestLost, 48)
  const unlabelled = await replay(inOrder(recordedRaid().map((one) => ({ ...one, raid: null, established: null }))), {
    windowSeconds: 300,
    every: 3_600,
  })
  t.deepEqual(
    unlabelled.map(({ name }) => name),
    replayPolicies.filter(({ needs }) => needs === undefined).map(({ name }) => name),
  )
  const alone = unlabelled.find(({ name }) => name === 'guard')?.metrics
  t.true((alone?.alarmsPerYear as number) > 10)
  t.is(alone?.displacement, null)
})

test('plots have every policy', async (t) => {
  const reports = await replay(ratings, { windowSeconds: 300, every: 3_600 })
  const svg = plotReplaySvg(ratings, reports)
  for (const { name } of replayPolicies) t.true(svg.includes(`>${name}<`))
  t.false(/NaN|undefined|Infinity/.test(svg))
  const text = plotReplayText(reports, 60)
  t.true(text.every((line) => line.length <= 60))
  const rows = (lines: string[]) => lines.filter((line) => line.includes('│')).join('')
  t.true(rows(text).includes('G'))
  t.true(rows(plotReplayText(reports.slice(0, 1), 60)).includes('·'))
  t.false(
    /NaN|undefined/.test(
      plotReplaySvg(ratings.slice(0, 1), await replay(ratings.slice(0, 1), { windowSeconds: 300, every: 300 })),
    ),
  )
})

function policy(name: string): ReplayPolicy {
  return replayPolicies.find((one) => one.name === name) as ReplayPolicy
}

function of(name: string): Walk {
  return walks.get(name) as Walk
}

function shownAt({ shown }: Walk, at: number): number | null {
  return shown.findLast((one) => one.at <= at)?.average ?? null
}
