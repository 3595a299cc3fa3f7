import type { ScenarioReport } from './simulation.ts'
import { windowsPerDay, windowsPerHour } from './worlds.ts'

const colors: Readonly<Record<string, string>> = {
  live: '#999999',
  freeze: '#c2410c',
  hold: '#7c3aed',
  'trimmed mean': '#0f766e',
  guard: '#1d4ed8',
}
const panel = { width: 380, height: 220, left: 36, right: 12, top: 44, bottom: 28 }
const perRow = 3

/** What readers of one world's post see in the first 24 hours, a panel for each scenario. */
export function plotSvg(reports: readonly ScenarioReport[], seed: string): string {
  const rows = Math.ceil(reports.length / perRow)
  const [width, height] = [perRow * panel.width, rows * panel.height + 56]
  const legend = Object.entries(colors).map(
    ([name, color], n) =>
      `<rect x="${20 + n * 130}" y="34" width="18" height="3" fill="${color}"/><text x="${44 + n * 130}" y="39">${name}</text>`,
  )
  const panels = reports.map((report, n) => {
    const [x, y] = [(n % perRow) * panel.width, 56 + Math.floor(n / perRow) * panel.height]
    return `<g transform="translate(${x} ${y})">${panelOf(report)}</g>`
  })
  return `<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 ${width} ${height}" width="${width}" height="${height}" font-family="system-ui, sans-serif" font-size="11" fill="#222">
<title>Shown averages in 24 hours, seed ${escaped(seed)}</title>
<rect width="100%" height="100%" fill="#fff"/>
<text x="20" y="20" font-size="14" font-weight="600">Shown averages in 24 hours: one world for each scenario, seed ${escaped(seed)}</text>
${[...legend, ...panels].join('\n')}
</svg>
`
}

function panelOf({ name, example: { world, series } }: ScenarioReport): string {
  const x = (window: number) => panel.left + (window / windowsPerDay) * (panel.width - panel.left - panel.right)
  const y = (stars: number) => panel.top + (1 - stars / 5) * (panel.height - panel.top - panel.bottom)
  const grid = [0, 1, 2, 3, 4, 5].map(
    (stars) =>
      `<path d="M${panel.left} ${y(stars)}H${panel.width - panel.right}" stroke="#e5e5e5"/><text x="${panel.left - 8}" y="${y(stars) + 4}" text-anchor="end" fill="#777">${stars}</text>`,
  )
  const hours = [0, 6, 12, 18, 24].map(
    (hour) =>
      `<text x="${x(hour * windowsPerHour)}" y="${panel.height - 10}" text-anchor="middle" fill="#777">${hour} h</text>`,
  )
  const lines = Object.entries(colors).map(([policy, color]) => {
    const shown = series[policy]?.shown.slice(0, windowsPerDay) ?? []
    const points = shown.map((stars, window) => `${x(window).toFixed(1)},${y(stars).toFixed(1)}`)
    return `<polyline points="${points.join(' ')}" fill="none" stroke="${color}" stroke-width="${policy === 'guard' ? 2 : 1.2}"/>`
  })
  return [
    `<text x="${panel.left}" y="18" font-weight="600">${escaped(name)}</text>`,
    `<text x="${panel.left}" y="32" fill="#777">${world.size} ratings, ${escaped(world.family)}</text>`,
    ...grid,
    ...hours,
    ...lines,
  ].join('')
}

function escaped(text: string): string {
  return text.replaceAll('&', '&amp;').replaceAll('<', '&lt;')
}
