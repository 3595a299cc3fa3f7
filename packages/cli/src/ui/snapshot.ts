import type { Post, PostInspection, Status } from 'post-rate'
import { attentionOf, dependenciesOf } from './attention.ts'
import { fitted } from './fitted.ts'
import { average, count, counted, span } from './numbers.ts'
import { printable } from './printable.ts'

export interface Snapshot {
  databaseName: string
  status: Status
  posts: readonly Post[]
  inspections: readonly PostInspection[]
}

/** The dashboard as plain text, for where there is no terminal to draw on. */
export function snapshotText({ databaseName, status, posts, inspections }: Snapshot): string {
  return [...overviewLines(databaseName, status), '', ...postLines(posts, inspections), ''].join('\n')
}

function overviewLines(databaseName: string, status: Status): string[] {
  const { outbox, freshnessSeconds, leases, lag } = status
  const behind = (lag ?? []).reduce((sum, partition) => sum + partition.lag, 0)
  const held = (leases ?? []).filter(({ secondsLeft }) => secondsLeft > 0).length
  const facts: [string, string][] = [
    ['database', printable(databaseName)],
    ...dependenciesOf(status).map(([name, { configured, reachable, version }]): [string, string] => [
      name,
      configured ? (reachable ? printable(version ?? 'reachable') : 'cannot be reached') : 'not configured',
    ]),
    ['outbox', outbox === null ? 'unknown' : `${counted(outbox.rows, 'row')}, oldest ${span(outbox.oldestSeconds)}`],
    ['freshness', freshnessSeconds === null ? 'unknown' : `${span(freshnessSeconds)} behind`],
    ['lag', lagText(lag, behind)],
    [
      'relay',
      leases === null
        ? 'unknown'
        : leases.length === 0
          ? 'none has run yet'
          : `${held} of ${leases.length} shards held`,
    ],
  ]
  const attention = attentionOf(status, { state: 'idle' }).map(({ text }) => `! ${printable(text)}`)
  return [...facts.map(([name, value]) => `${name.padEnd(12)}${value}`), ...attention]
}

function lagText(lag: Status['lag'], behind: number): string {
  if (lag === null) return 'unknown'
  return lag.length === 0 ? 'none known' : `${counted(behind, 'message')} on ${counted(lag.length, 'partition')}`
}

function postLines(posts: readonly Post[], inspections: readonly PostInspection[]): string[] {
  if (posts.length === 0) return ['No posts yet.']
  const live = new Map(inspections.map((inspection) => [inspection.postId, inspection.live]))
  const cells = (id: string, ...figures: string[]) =>
    id.padEnd(10) + figures.map((figure, index) => figure.padStart(index % 2 === 0 ? 10 : 7)).join('')
  return [
    `${cells('top post', 'live', 'avg', 'displayed', 'avg')}  title`,
    ...posts.map(({ id, stats, title }) => {
      const figures = live.get(id)
      const now = figures === undefined ? ['–', '–'] : [count(figures.count), average(figures.average)]
      return `${cells(String(id), ...now, count(stats.count), average(stats.average))}  ${fitted(title, 60)}`
    }),
  ]
}
