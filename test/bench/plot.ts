import { digits } from './report.ts'
import type { Finding } from './row.ts'
import { reaches } from './row.ts'

const width = 480
const left = 12
const right = 12
const rowHeight = 50
const top = 76
/** How far the axis reaches at least: from a quarter of the bound to four times as good. */
const leastReach = 4

/**
 * The findings as a plot: how many times better than its bound each is, on one logarithmic axis, the median as a mark and
 * the spread of the runs as a line. A mark says by its form too whether the bound is reached. Narrow enough for a phone;
 * follows the reader's light or dark setting.
 */
export function plot(findings: readonly Finding[], machine: string): string {
  const judged = findings.filter(({ bound }) => bound !== null)
  const margins = judged.flatMap((finding) => Object.values(marginOf(finding)))
  const reach = Math.max(leastReach, ...margins.map((margin) => Math.max(margin, 1 / margin))) * 1.1
  const x = (margin: number) => round(left + ((Math.log(margin) / Math.log(reach) + 1) / 2) * (width - left - right))
  const height = top + judged.length * rowHeight + 34
  const ticks = [0.01, 0.1, 0.25, 0.5, 1, 2, 4, 10, 100].filter((tick) => tick > 1 / reach && tick < reach)
  const bottom = height - 30
  return `<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 ${width} ${height}" role="img" aria-labelledby="title">
<title id="title">${judged.filter(reaches).length} of ${judged.length} bounds reached</title>
<style>
svg { color-scheme: light dark; background: #fff; font: 13px system-ui, sans-serif; --text: #1a1a1a; --quiet: #5c5c5c; --line: #d4d4d4; --pass: #0a6b3d; --short: #b3261e }
@media (prefers-color-scheme: dark) { svg { background: #161616; --text: #ededed; --quiet: #a6a6a6; --line: #3d3d3d; --pass: #5fd39a; --short: #ff8a80 } }
text { fill: var(--text) } .quiet { fill: var(--quiet); font-size: 11px } .grid { stroke: var(--line) } .bound { stroke: var(--quiet); stroke-width: 1.5; stroke-dasharray: 4 3 }
.pass { fill: var(--pass); stroke: var(--pass) } .short { fill: none; stroke: var(--short); stroke-width: 2 } .spread.pass, .spread.short { fill: none; stroke-width: 2; opacity: .7 }
text.pass, text.short { stroke: none; font-weight: 600 } text.short { fill: var(--short) }
</style>
<text x="${left}" y="20" font-weight="600">Each figure against its bound: right is better</text>
<text class="quiet" x="${left}" y="37">median and spread of the runs; filled: reached, open: short</text>
<text class="quiet" x="${left}" y="52">${escapeXml(machine)}</text>
${ticks
  .map(
    (
      tick,
    ) => `<line class="${tick === 1 ? 'bound' : 'grid'}" x1="${x(tick)}" x2="${x(tick)}" y1="${top - 12}" y2="${bottom}"/>
<text class="quiet" x="${x(tick)}" y="${bottom + 15}" text-anchor="middle">${tick === 1 ? 'bound' : `${tick}×`}</text>`,
  )
  .join('\n')}
${judged.map((finding, n) => row(finding, top + n * rowHeight, x)).join('\n')}
</svg>
`
}

function row(finding: Finding, y: number, x: (margin: number) => number): string {
  const { median, least, greatest } = marginOf(finding)
  const verdict = reaches(finding) ? 'pass' : 'short'
  const unit = finding.unit === '×' ? '×' : ` ${finding.unit}`
  const { bound, result } = finding
  const limit = bound === null ? '' : 'atLeast' in bound ? `≥ ${digits(bound.atLeast)}` : `≤ ${digits(bound.atMost)}`
  const figures = `${digits(result.median)}${unit}, ${limit}${unit}`
  const at = y + 22
  return `<g><text x="${left}" y="${y + 6}">${escapeXml(cut(`${finding.id} ${finding.title.replaceAll('`', '')}`, 40))}</text>
<text x="${width - right}" y="${y + 6}" text-anchor="end"><tspan class="quiet" style="font-size:12px">${escapeXml(figures)} </tspan><tspan class="${verdict}" style="stroke:none;fill:var(--${verdict})">${verdict === 'pass' ? '✓ PASS' : '✗ short'}</tspan></text>
<line class="spread ${verdict}" x1="${x(least)}" x2="${x(greatest)}" y1="${at}" y2="${at}"/>
<circle class="${verdict}" cx="${x(median)}" cy="${at}" r="5"/></g>`
}

/** Times better than the bound: above 1 it is reached, whether it limits from above or from below. */
function marginOf({ result, bound }: Finding): { median: number; least: number; greatest: number } {
  const margin = (value: number) =>
    bound === null
      ? 1
      : 'atLeast' in bound
        ? value / bound.atLeast
        : bound.atMost / Math.max(value, bound.atMost / 1000)
  const [median, least, greatest] = [result.median, result.least, result.greatest].map((value) =>
    Math.max(margin(value), 0.001),
  ) as [number, number, number]
  return { median, least, greatest }
}

function cut(text: string, length: number): string {
  return text.length > length ? `${text.slice(0, length - 1)}…` : text
}

function round(value: number): number {
  return Math.round(value * 10) / 10
}

function escapeXml(text: string): string {
  return text.replaceAll('&', '&amp;').replaceAll('<', '&lt;').replaceAll('>', '&gt;')
}
