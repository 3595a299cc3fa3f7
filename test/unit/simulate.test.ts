import test from 'ava'
import type { Measures, Summary } from '../../packages/cli/src/simulate/metrics.ts'
import { plotSvg } from '../../packages/cli/src/simulate/plot-svg.ts'
import { plotText } from '../../packages/cli/src/simulate/plot-text.ts'
import { policies } from '../../packages/cli/src/simulate/policies.ts'
import { scenarios } from '../../packages/cli/src/simulate/scenarios.ts'
import { simulate } from '../../packages/cli/src/simulate/simulation.ts'

const worlds = 40
const reports = new Map((await simulate({ seed: '1', worlds })).map((report) => [report.name, report]))

test('200 zeros on 200 ratings: freeze gives way by 1.78 stars in two hours, the guard by less than 0.5', (t) => {
  const freeze = of('raid-on-200', 'freeze', 'peak2h')
  t.true(Math.abs(freeze.mean - 1.78) < 0.03, String(freeze.mean))
  const guard = of('raid-on-200', 'guard', 'peak2h')
  t.true(guard.p95 <= 0.5, String(guard.p95))
  t.true(guard.mean > 0.3)
})

for (const name of ['burst-after-cycling', 'burst-after-changing-minds', 'burst-after-coming-daily'])
  test(`${name}: a week of ten accounts gains a raid at most a quarter`, (t) => {
    for (const measure of ['peak2h', 'peak24h', 'starHours'] as const) {
      const [prepared, unprepared] = [of(name, 'guard', measure), of('burst-after-waiting', 'guard', measure)]
      t.true(prepared.mean <= 1.25 * unprepared.mean, `${measure}: ${prepared.mean} after ${unprepared.mean}`)
      t.true(prepared.p95 <= 1.25 * unprepared.p95, `${measure}, p95: ${prepared.p95} after ${unprepared.p95}`)
    }
  })

test('a genuine step at the normal rate is shown at once', (t) => {
  t.true(of('step', 'guard', 'worstGap').p95 <= 0.1)
  t.true(of('step', 'guard', 'hoursTo90').mean - of('step', 'freeze', 'hoursTo90').mean < 0.1)
})

test('a viral post with the same opinion is hardly held', (t) => {
  t.true(of('viral-2000', 'guard', 'worstGap').p95 <= 0.02)
  t.true(of('viral-200', 'guard', 'worstGap').p95 <= 0.1)
  t.true(of('viral-20', 'guard', 'worstGap').p95 < of('viral-20', 'hold', 'worstGap').p95)
})

test('quiet posts are hardly ever labelled', (t) => {
  t.true(of('quiet', 'guard', 'labelled').mean < 0.001)
  t.true(of('drift', 'guard', 'labelled').mean < 0.001)
})

test('every scenario has every policy and measures its own kind', (t) => {
  t.deepEqual(
    [...reports.keys()],
    scenarios.map(({ name }) => name),
  )
  for (const { name, kind, policies: outcomes } of reports.values()) {
    t.deepEqual(Object.keys(outcomes), Object.keys(policies), name)
    t.is(outcomes.freeze?.peak24h?.mean === 0, kind === 'genuine', name)
    t.is(outcomes.freeze?.peak24h?.worlds, worlds)
    for (const figure of Object.values(outcomes.guard ?? {}))
      if (figure !== null) t.true(figure.interval[0] <= figure.mean && figure.mean <= figure.interval[1])
  }
})

test('the same seed gives the same figures, another one others; the half for choosing is another one', async (t) => {
  const small = { seed: '1', worlds: 3, only: ['burst'] }
  const [first] = await simulate(small)
  t.deepEqual(await simulate(small), [first])
  const [other] = await simulate({ ...small, seed: '2' })
  t.notDeepEqual(other?.policies.guard, first?.policies.guard)
  const [tuned] = await simulate({ ...small, tune: true })
  t.notDeepEqual(tuned?.policies['as shipped'], first?.policies.guard)
})

test('plots show every scenario', (t) => {
  const svg = plotSvg([...reports.values()], '<1>')
  for (const name of reports.keys()) t.true(svg.includes(`>${name}<`))
  t.true(svg.includes('&lt;1>'))
  t.false(svg.includes('NaN'))
  const text = plotText(reports.get('burst') as never, 60)
  t.true(text.every((line) => line.length <= 60 || line.startsWith('burst')))
  t.true(text.some((line) => line.includes('G')))
})

function of(scenario: string, policy: string, measure: keyof Measures): Summary {
  return reports.get(scenario)?.policies[policy]?.[measure] as Summary
}
