import { duration } from '../../packages/cli/src/replay/figures.ts'
import type { PolicyReport } from '../../packages/cli/src/replay/replay.ts'
import { type Laid, scales, sizes } from './labelled.ts'
import type { Burst, Price } from './prices.ts'
import type { Quiet } from './quiet.ts'

const hours = ['2h', '24h', '72h', '144h'] as const

/** How each policy treated all labelled raids: means of the displacement in stars, and shares of the ratings. */
export function policyTable(all: readonly Laid[]): string[] {
  const freeze = meanOf(all.map(({ policies }) => offAt(policies, 'freeze', '72h')))
  const names = all[0]?.policies.map(({ name }) => name) ?? []
  const rows = names.map((name) => {
    const reports = all.map(({ policies }) => of(policies, name))
    const off = hours.map((hour) => meanOf(all.map(({ policies }) => offAt(policies, name, hour))))
    const detections = reports.flatMap(({ metrics }) => metrics.secondsToDetection ?? [])
    const early = reports.filter(
      ({ metrics: { ratingsAtDetection: at } }) => at && at.raid <= Math.max(10, 0.05 * at.all),
    )
    const guards = detections.length > 0
    const shareOf = (which: 'honestDelayed' | 'honestLost') =>
      percent(sumOf(reports.map(({ metrics }) => metrics[which] ?? 0)) / sumOf(all.map(({ honest }) => honest)))
    return [
      name,
      ...off.map((stars) => stars.toFixed(2)),
      freeze === 0 ? '' : ((off[2] as number) / freeze).toFixed(2),
      guards ? percent(detections.length / all.length) : '–',
      guards ? percent(early.length / all.length) : '–',
      guards ? duration(medianOf(detections)) : '–',
      shareOf('honestDelayed'),
      shareOf('honestLost'),
    ]
  })
  return markdown(
    [
      'policy',
      '2 h',
      '24 h',
      '72 h',
      '144 h',
      '72 h ÷ freeze',
      'detected',
      'while small',
      'after (median)',
      'delayed',
      'lost',
    ],
    rows,
  )
}

/** freeze / guard, 72 hours after the raid's first rating, for each size and scale. */
export function sizeTable(all: readonly Laid[]): string[] {
  const rows = sizes.map((size) => [
    `${size} ratings`,
    ...scales.map((scale) => {
      const some = all.filter((one) => one.size === size && one.scale === scale)
      return ['freeze', 'guard']
        .map((name) => meanOf(some.map(({ policies }) => offAt(policies, name, '72h'))).toFixed(2))
        .join(' / ')
    }),
  ])
  return markdown(['freeze / guard after 72 h', ...scales.map((scale) => `× ${scale}`)], rows)
}

/** freeze / guard over all sizes, for each raid and scale, and whether the guard was armed while the raid was small. */
export function incidentTable(all: readonly Laid[]): string[] {
  const incidents = [...new Set(all.map(({ incident }) => incident))]
  const rows = incidents.flatMap((incident) =>
    scales.map((scale) => {
      const some = all.filter((one) => one.incident === incident && one.scale === scale)
      const detected = some.filter(({ policies }) => of(policies, 'guard').metrics.secondsToDetection !== null)
      const off = hours.map((hour) =>
        ['freeze', 'guard']
          .map((name) => meanOf(some.map(({ policies }) => offAt(policies, name, hour))).toFixed(2))
          .join(' / '),
      )
      return [incident, `× ${scale}`, ...off, `${detected.length} of ${some.length}`]
    }),
  )
  return markdown(['raid', '', ...hours.map((hour) => `${hour.replace('h', ' h')}`), 'detected'], rows)
}

/** Plain and shown averages of one post at the end of some days. */
export function dayTable(policies: readonly PolicyReport[], days: readonly string[]): string[] {
  const at = (day: string) => Date.parse(`${day}T00:00Z`) + 86_400_000
  const points = policies[0]?.points ?? []
  const find = (list: typeof points, day: string) => list.find((point) => point.at === at(day))
  const rows = policies.map(({ name, points: own, metrics, incidents }) => [
    name,
    ...days.map((day) => find(own, day)?.shown?.toFixed(2) ?? '–'),
    metrics.worstGap.toFixed(2),
    String(incidents.length),
  ])
  const plain = ['plain', ...days.map((day) => find(points, day)?.plain?.toFixed(2) ?? '–'), '', '']
  return markdown(
    ['shown at the end of', ...days.map((day) => day.slice(5)), 'furthest from plain', 'incidents'],
    [plain, ...rows],
  )
}

export function burstTable(bursts: readonly Burst[]): string[] {
  return markdown(
    ['policy', 'after 24 h', 'after 7 days', 'prepared for a week, after 24 h'],
    bursts.map(({ name, ...stars }) => [name, ...Object.values(stars).map((value) => value.toFixed(2))]),
  )
}

export function priceTable(prices: readonly Price[]): string[] {
  const figure = (accounts: number | null) => (accounts === null ? 'over 2,000' : String(accounts))
  return markdown(
    ['policy', 'accounts, 2 h', 'accounts, 24 h', 'gap of an honest change'],
    prices.map(({ name, after2h, after24h, honestGap }) => [
      name,
      figure(after2h),
      figure(after24h),
      honestGap.toFixed(2),
    ]),
  )
}

/** Incidents of a post in a year. */
export function quietTable(all: readonly Quiet[]): string[] {
  const perYear = ({ incidents, postYears }: Quiet, name: string) => ((incidents[name] ?? 0) / postYears).toFixed(2)
  return markdown(
    ['traffic', 'posts', 'years of posts', 'guard', 'shift'],
    all.map((quiet) => [
      quiet.what,
      String(quiet.posts),
      quiet.postYears.toFixed(0),
      perYear(quiet, 'guard'),
      perYear(quiet, 'shift'),
    ]),
  )
}

function markdown(heads: readonly string[], rows: readonly (readonly string[])[]): string[] {
  return [heads, heads.map(() => '---'), ...rows].map((cells) => `| ${cells.join(' | ')} |`)
}

function of(policies: readonly PolicyReport[], name: string): PolicyReport {
  return policies.find((one) => one.name === name) as PolicyReport
}

function offAt(policies: readonly PolicyReport[], name: string, hour: (typeof hours)[number]): number {
  return of(policies, name).metrics.displacement?.[hour] ?? 0
}

function sumOf(values: readonly number[]): number {
  return values.reduce((sum, value) => sum + value, 0)
}

function meanOf(values: readonly number[]): number {
  return values.length === 0 ? 0 : sumOf(values) / values.length
}

function medianOf(values: readonly number[]): number {
  return values.toSorted((a, b) => a - b)[Math.floor(values.length / 2)] as number
}

function percent(share: number): string {
  return `${(100 * share).toFixed(share > 0 && share < 0.1 ? 1 : 0)} %`
}
