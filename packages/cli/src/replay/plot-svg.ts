import { dayOf } from './plot-text.ts'
import type { Point } from './points.ts'
import type { ReplayRating } from './ratings.ts'
import type { PolicyReport } from './replay.ts'

const panel = { width: 380, height: 200, left: 30, right: 12, top: 40, bottom: 26 }
const perRow = 3
const full = { width: perRow * panel.width, height: 190, top: 60, bottom: 26 }
const scoreColors = ['#7f1d1d', '#c2410c', '#f59e0b', '#a3a3a3', '#60a5fa', '#1d4ed8']
const bars = 120
const longestLine = 400

/** The arrivals by score, and a panel for each policy: the plain average (grey), the shown one (blue), armed periods (red). */
export function plotReplaySvg(ratings: readonly ReplayRating[], policies: readonly PolicyReport[]): string {
  const points = policies[0]?.points ?? []
  const time = { from: ratings[0]?.at ?? 0, to: points.at(-1)?.at ?? 1 }
  const height = full.top + full.height + Math.ceil(policies.length / perRow) * panel.height + 10
  const panels = policies.map((policy, n) => {
    const [x, y] = [(n % perRow) * panel.width, full.top + full.height + Math.floor(n / perRow) * panel.height]
    return `<g transform="translate(${x} ${y})">${panelOf(policy, time)}</g>`
  })
  return `<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 ${full.width} ${height}" width="${full.width}" height="${height}" font-family="system-ui, sans-serif" font-size="11" fill="#222">
<title>What each policy would have shown of ${ratings.length} ratings</title>
<rect width="100%" height="100%" fill="#fff"/>
<text x="${panel.left}" y="22" font-size="14" font-weight="600">What each policy would have shown of ${ratings.length} ratings</text>
${legend()}
<g transform="translate(0 ${full.top})">${arrivals(ratings, time)}</g>
${panels.join('\n')}
</svg>
`
}

interface Span {
  from: number
  to: number
}

function legend(): string {
  const scores = scoreColors.map(
    (color, score) =>
      `<rect x="${panel.left + 62 + score * 34}" y="35" width="10" height="10" fill="${color}"/><text x="${panel.left + 76 + score * 34}" y="44">${score}</text>`,
  )
  const lines = [
    ['#9ca3af', 'plain average'],
    ['#1d4ed8', 'shown average'],
  ].map(
    ([color, name], n) =>
      `<rect x="${330 + n * 130}" y="39" width="18" height="3" fill="${color}"/><text x="${354 + n * 130}" y="44">${name}</text>`,
  )
  return `<text x="${panel.left}" y="44">Ratings of</text>${scores.join('')}${lines.join('')}<rect x="590" y="35" width="18" height="10" fill="#fee2e2"/><text x="614" y="44">incident</text>`
}

function arrivals(ratings: readonly ReplayRating[], { from, to }: Span): string {
  const stacks = Array.from({ length: bars }, () => [0, 0, 0, 0, 0, 0])
  for (const { at, score } of ratings) {
    const stack = stacks[Math.min(bars - 1, Math.floor((bars * (at - from)) / (to - from)))] as number[]
    stack[score] = (stack[score] as number) + 1
  }
  const most = Math.max(1, ...stacks.map((stack) => stack.reduce((sum, n) => sum + n, 0)))
  const [width, height] = [full.width - panel.left - panel.right, full.height - full.bottom - 10]
  const step = width / bars
  const rects = stacks.flatMap((stack, n) => {
    let top = height
    return stack.map((count, score) => {
      const high = (count / most) * height
      top -= high
      return count === 0
        ? ''
        : `<rect x="${(panel.left + n * step).toFixed(1)}" y="${top.toFixed(1)}" width="${(step - 1).toFixed(1)}" height="${high.toFixed(1)}" fill="${scoreColors[score]}"/>`
    })
  })
  return `<text x="${panel.left - 6}" y="8" text-anchor="end" fill="#666">${most}</text><path d="M${panel.left} ${height}H${full.width - panel.right}" stroke="#d4d4d4"/>${rects.join('')}${days({ from, to }, panel.left, full.width - panel.right, height + 16)}`
}

function panelOf({ name, points, incidents, metrics }: PolicyReport, time: Span): string {
  const right = panel.width - panel.right
  const x = (at: number) => panel.left + ((at - time.from) / (time.to - time.from)) * (right - panel.left)
  const y = (stars: number) => panel.top + (1 - stars / 5) * (panel.height - panel.top - panel.bottom)
  const grid = [0, 1, 2, 3, 4, 5].map(
    (stars) =>
      `<path d="M${panel.left} ${y(stars)}H${right}" stroke="#e5e5e5"/><text x="${panel.left - 6}" y="${y(stars) + 4}" text-anchor="end" fill="#666">${stars}</text>`,
  )
  const shades = incidents.map(({ from, to }) => {
    const width = Math.max(1, x(to ?? time.to) - x(from))
    return `<rect x="${x(from).toFixed(1)}" y="${y(5)}" width="${width.toFixed(1)}" height="${y(0) - y(5)}" fill="#fee2e2"/>`
  })
  const line = (value: (point: Point) => number | null, color: string, width: number) => {
    const pieces = thinned(points).reduce<string[][]>(
      (all, point) => {
        const stars = value(point)
        if (stars === null) all.push([])
        else all.at(-1)?.push(`${x(point.at).toFixed(1)},${y(stars).toFixed(1)}`)
        return all
      },
      [[]],
    )
    return pieces
      .filter((piece) => piece.length > 0)
      .map((piece) => `<polyline points="${piece.join(' ')}" fill="none" stroke="${color}" stroke-width="${width}"/>`)
      .join('')
  }
  return [
    ...shades,
    `<text x="${panel.left}" y="16" font-weight="600">${name}</text>`,
    `<text x="${panel.left}" y="30" fill="#666">furthest from plain: ${metrics.worstGap.toFixed(2)} stars</text>`,
    ...grid,
    line(({ plain }) => plain, '#9ca3af', 2.5),
    line(({ shown }) => shown, '#1d4ed8', 1.5),
    days(time, panel.left, right, panel.height - 10),
  ].join('')
}

/** The days at the ends and in the middle. */
function days({ from, to }: Span, left: number, right: number, y: number): string {
  const places = [
    [left, from, 'start'],
    [(left + right) / 2, (from + to) / 2, 'middle'],
    [right, to, 'end'],
  ] as const
  return places
    .map(([x, at, anchor]) => `<text x="${x}" y="${y}" text-anchor="${anchor}" fill="#666">${dayOf(at)}</text>`)
    .join('')
}

/** As many points as a panel can show. */
function thinned(points: readonly Point[]): Point[] {
  const every = Math.max(1, Math.ceil(points.length / longestLine))
  return points.filter((_, n) => n % every === 0 || n === points.length - 1)
}
