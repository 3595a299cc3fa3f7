import { make } from '../stars/make.js'
import { averageOf, countOf, plural, stars } from './words.js'

const height = 190
const margin = { top: 12, right: 34, bottom: 22, left: 38 }
const units = { second: 1_000, minute: 60_000, hour: 3_600_000, day: 86_400_000 }
const scores = [0, 1, 2, 3, 4, 5]

/**
 * The arrivals of an incident over time by score, as stacked bars, with the average of all ratings and the shown one as lines.
 * Drawn anew whenever its width changes, so that its text keeps its size on a phone.
 */
export function createChart() {
  const svg = shape('svg', { role: 'img', height: String(height) })
  const legend = make('ul', { className: 'legend' })
  const table = make('table', { className: 'plain' })
  const details = make('details', {}, make('summary', { textContent: 'The same as a table' }), table)
  const element = make('div', { className: 'chart' }, svg, legend, details)
  /** @type {import('./api.js').IncidentDetails | null} */
  let shown = null
  const draw = () => {
    if (shown?.chart && element.clientWidth > 0) drawInto(svg, shown, shown.chart, element.clientWidth)
  }
  new ResizeObserver(draw).observe(element)
  return {
    element,
    /** @param {import('./api.js').IncidentDetails} incident */
    show(incident) {
      shown = incident
      element.hidden = !incident.chart || incident.chart.buckets.length === 0
      svg.setAttribute('aria-label', summaryOf(incident))
      legend.replaceChildren(...legendOf(incident))
      fill(table, incident)
      draw()
    },
  }
}

/** @param {SVGElement} svg @param {import('./api.js').IncidentDetails} incident @param {import('./api.js').Chart} chart @param {number} width */
function drawInto(svg, incident, { unit, buckets }, width) {
  const step = units[unit]
  const start = Math.floor(Date.parse(incident.from) / step) * step
  const last = buckets.at(-1)
  // A few steps more than there are: a rush that has just begun is not drawn as a wall.
  const steps = Math.max(12, last === undefined ? 0 : (Date.parse(last.start) - start) / step + 1)
  const inner = { width: width - margin.left - margin.right, height: height - margin.top - margin.bottom }
  const most = Math.max(4, ...buckets.map(({ counts }) => countOf(counts)))
  /** @param {number} time */
  const x = (time) => margin.left + ((time - start) / step / steps) * inner.width
  /** @param {number} count */
  const y = (count) => margin.top + inner.height * (1 - count / most)
  /** @param {number} average */
  const yOfStars = (average) => margin.top + inner.height * (1 - average / 5)
  const barWidth = Math.max(1, inner.width / steps - (inner.width / steps > 4 ? 1.5 : 0))
  const parts = []
  for (const average of scores) {
    const at = yOfStars(average)
    parts.push(line('grid', [margin.left, at, width - margin.right, at]))
    parts.push(text('tick', String(average), width - margin.right + 7, at + 4))
  }
  for (const count of [0, Math.round(most / 2), most])
    parts.push(text('tick end', String(count), margin.left - 7, y(count) + 4))
  for (const { start: bucket, counts } of buckets) {
    let below = 0
    for (const score of scores) {
      const n = counts[score] ?? 0
      if (n === 0) continue
      const bar = { x: x(Date.parse(bucket)), y: y(below + n), width: barWidth, height: y(below) - y(below + n) }
      parts.push(
        shape('rect', {
          class: `score-${score}`,
          ...Object.fromEntries(Object.entries(bar).map(([name, value]) => [name, value.toFixed(1)])),
        }),
      )
      below += n
    }
  }
  const course = courseOf(incident, buckets, step)
  const points = course.map(({ time, average }) => `${x(time).toFixed(1)},${yOfStars(average).toFixed(1)}`).join(' ')
  // A line over bars of any colour needs an edge.
  if (course.length > 1)
    for (const name of ['line halo', 'line all']) parts.push(shape('polyline', { class: name, points }))
  const displayed = incident.post?.displayed.average
  if (displayed !== null && displayed !== undefined) {
    const at = yOfStars(displayed)
    for (const name of ['line halo', 'line shown']) parts.push(line(name, [margin.left, at, width - margin.right, at]))
  }
  parts.push(text('tick', clock(start, unit), margin.left, height - 5))
  parts.push(text('tick end', clock(start + steps * step, unit), width - margin.right, height - 5))
  svg.setAttribute('width', String(width))
  svg.setAttribute('viewBox', `0 0 ${width} ${height}`)
  svg.replaceChildren(...parts)
}

/**
 * The average of all ratings at each bucket's end, from the one before the rush on.
 * @param {import('./api.js').IncidentDetails} incident @param {import('./api.js').Chart['buckets']} buckets @param {number} step
 */
function courseOf({ before, from }, buckets, step) {
  const counts = [...before]
  const first = averageOf(counts)
  const points = first === null ? [] : [{ time: Date.parse(from), average: first }]
  for (const bucket of buckets) {
    for (const score of scores) counts[score] = (counts[score] ?? 0) + (bucket.counts[score] ?? 0)
    points.push({ time: Date.parse(bucket.start) + step, average: /** @type {number} */ (averageOf(counts)) })
  }
  return points
}

/** @param {import('./api.js').IncidentDetails} incident */
function summaryOf({ chart, arrivals, scores: gained }) {
  const top = gained.indexOf(Math.max(...gained))
  return `Ratings by ${chart?.unit ?? 'time'}: ${plural(arrivals, 'arrival')}, most of them ${plural(top, 'star')}. The table below has the numbers.`
}

/** @param {import('./api.js').IncidentDetails} incident */
function legendOf({ chart, state }) {
  const sums = scores.map((score) => (chart?.buckets ?? []).reduce((sum, { counts }) => sum + (counts[score] ?? 0), 0))
  const all = state === 'excluded' ? 'average if they counted' : 'average of all ratings'
  return [
    ...scores
      .filter((score) => (sums[score] ?? 0) > 0)
      .map((score) => make('li', {}, key(`score-${score}`), `${plural(score, 'star')}: ${sums[score]}`)),
    make('li', {}, key('line all'), all),
    make('li', {}, key('line shown'), 'average that readers see now'),
  ]
}

/** @param {string} name */
function key(name) {
  const svg = shape('svg', { class: 'key', width: '18', height: '12', 'aria-hidden': 'true' })
  svg.append(
    name.startsWith('line')
      ? line(name, [0, 6, 18, 6])
      : shape('rect', { class: name, x: '3', width: '12', height: '12', rx: '2' }),
  )
  return svg
}

/** @param {HTMLTableElement} table @param {import('./api.js').IncidentDetails} incident */
function fill(table, { chart, before, from }) {
  const { unit, buckets } = chart ?? { unit: 'second', buckets: [] }
  const averages = courseOf(/** @type {any} */ ({ before, from }), buckets, 0).slice(averageOf(before) === null ? 0 : 1)
  const heads = ['Time', ...scores.map((score) => plural(score, 'star')), 'Average']
  const short = ['Time', ...scores.map((score) => `${score} ★`), 'Avg.']
  table.replaceChildren(
    make('caption', { className: 'hidden', textContent: 'Ratings over time by score, and the average of all ratings' }),
    make(
      'thead',
      {},
      make(
        'tr',
        {},
        ...heads.map((name, n) => make('th', { scope: 'col', ariaLabel: name, textContent: short[n] ?? name })),
      ),
    ),
    make(
      'tbody',
      {},
      ...buckets.map(({ start, counts }, n) =>
        make(
          'tr',
          {},
          make('th', { scope: 'row' }, make('time', { dateTime: start, textContent: clock(Date.parse(start), unit) })),
          ...counts.map((count) => make('td', { textContent: String(count) })),
          make('td', { textContent: stars(averages[n]?.average ?? null) }),
        ),
      ),
    ),
  )
}

/** @param {number} time @param {import('./api.js').Chart['unit']} unit */
function clock(time, unit) {
  const date = new Date(time)
  if (unit === 'day' || unit === 'hour')
    return date.toLocaleString('en-GB', {
      day: 'numeric',
      month: 'short',
      ...(unit === 'hour' && { hour: '2-digit', minute: '2-digit' }),
    })
  return date.toLocaleTimeString('en-GB', unit === 'second' ? {} : { hour: '2-digit', minute: '2-digit' })
}

/** @param {string} name @param {Record<string, string>} attributes */
function shape(name, attributes) {
  const element = document.createElementNS('http://www.w3.org/2000/svg', name)
  for (const [key, value] of Object.entries(attributes)) element.setAttribute(key, value)
  return element
}

/** @param {string} name @param {[number, number, number, number]} ends */
function line(name, ends) {
  const [x1 = '', y1 = '', x2 = '', y2 = ''] = ends.map((end) => end.toFixed(1))
  return shape('line', { class: name, x1, y1, x2, y2 })
}

/** @param {string} name @param {string} content @param {number} x @param {number} y */
function text(name, content, x, y) {
  const element = shape('text', { class: name, x: x.toFixed(1), y: y.toFixed(1) })
  element.textContent = content
  return element
}
