import { make } from '../stars/make.js'
import { placeOf } from './days.js'
import { texts } from './texts.js'

/** Height of the drawing in units of its own; what is above the highest bar is for the marks of periods. */
const height = 100
const highest = 90

/**
 * The chart: bars by day, the average as a line, marked periods, and one chosen day. It is drawn in days, stretched to its width. A
 * slider over it moves between days by keyboard and tells a screen reader what a day has.
 * @param {(index: number) => string} describe what is said of a day
 */
export function createChart(describe) {
  const drawing = draw('svg', { preserveAspectRatio: 'none', 'aria-hidden': 'true' })
  const cursor = draw('rect', { class: 'cursor', y: 0, width: 1, height })
  const slider = make('input', { type: 'range', min: '0', ariaLabel: texts.chooseDay })
  const plot = make('div', { className: 'plot', dir: 'ltr' }, drawing, slider)
  const [most, first, last] = [make('span'), make('span'), make('span')]
  const element = make(
    'div',
    { className: 'chart', part: 'chart' },
    make('div', { className: 'scale', ariaHidden: 'true' }, most, make('span', { textContent: '0' })),
    plot,
    make('div', { className: 'scale right', ariaHidden: 'true' }, ...['5', '0'].map((text) => make('span', {}, text))),
    make('div', { className: 'dates', ariaHidden: 'true' }, first, last),
  )
  let length = 1
  /** @type {(index: number) => void} */
  let chosen = () => {}

  slider.addEventListener('input', () => choose(slider.valueAsNumber))
  for (const type of /** @type {const} */ (['pointerdown', 'pointermove']))
    plot.addEventListener(type, ({ clientX }) => {
      const { left, width } = plot.getBoundingClientRect()
      choose(Math.floor((length * (clientX - left)) / Math.max(1, width)))
    })

  return {
    element,

    /** Called with the day that is chosen. @param {(index: number) => void} listener */
    onChoose(listener) {
      chosen = listener
    },

    /**
     * @param {import('./days.js').Day[]} days
     * @param {import('./days.js').History} history
     * @param {{ bars: 'score' | 'count', locale: string, dateOf: (time: number) => string }} look
     */
    show(days, { incidents, exclusions }, { bars, locale, dateOf }) {
      // A reader who looks at the last day stays at the last day.
      const index =
        slider.valueAsNumber === length - 1 || length !== days.length ? days.length - 1 : slider.valueAsNumber
      length = days.length
      const top = Math.max(1, ...days.map(({ count, excluded }) => count + excluded))
      drawing.setAttribute('viewBox', `0 0 ${length} ${height}`)
      drawing.replaceChildren(
        ...incidents.flatMap(({ from, to }) => mark('incident', placeOf(from, to, days), 0)),
        ...exclusions.flatMap(({ from, to }) => mark('exclusion', placeOf(from, to, days), 4)),
        cursor,
        ...days.flatMap((day, n) => barOf(day, n, highest / top, bars)),
        draw('path', { class: 'mean', d: lineOf(days) }),
      )
      slider.max = String(length - 1)
      most.textContent = top.toLocaleString(locale)
      first.textContent = dateOf(days[0]?.time ?? 0)
      last.textContent = dateOf(days.at(-1)?.time ?? 0)
      choose(index)
    },
  }

  /** @param {number} index */
  function choose(index) {
    const day = Math.max(0, Math.min(length - 1, index))
    slider.value = String(day)
    slider.ariaValueText = describe(day)
    cursor.setAttribute('x', String(day))
    chosen(day)
  }
}

/** A band behind the bars and a strip at the top, at least a third of a day wide. @param {string} name @param {{ start: number, end: number }} place @param {number} y */
function mark(name, { start, end }, y) {
  if (end <= 0) return []
  const [x, width] = [start, Math.max(1 / 3, end - start)]
  return [
    draw('rect', { class: `band ${name}`, x, width, y: 0, height }),
    draw('rect', { class: `strip ${name}`, x, width, y, height: 3 }),
  ]
}

/**
 * @param {import('./days.js').Day} day
 * @param {number} n
 * @param {number} unit height of one rating
 * @param {'score' | 'count'} bars
 */
function barOf({ counts, count, excluded }, n, unit, bars) {
  const parts =
    bars === 'score' ? counts.map((value, score) => ({ name: `s${score}`, value })) : [{ name: 'all', value: count }]
  let y = height
  return [...parts, { name: 'out', value: excluded }].flatMap(({ name, value }) => {
    if (value === 0) return []
    y -= value * unit
    return [draw('rect', { class: `bar ${name}`, x: n + 0.1, width: 0.8, y, height: value * unit })]
  })
}

/** @param {import('./days.js').Day[]} days */
function lineOf(days) {
  let path = ''
  for (const [n, { average }] of days.entries()) {
    if (average === null) continue
    const y = height - (average / 5) * highest
    // From the begin of the chart to its end, also where there is a single day.
    path += path === '' ? `M${n} ${y}L${n + 0.5} ${y}` : `L${n + 0.5} ${y}`
    if (n === days.length - 1) path += `H${n + 1}`
  }
  return path
}

/**
 * @param {string} tag
 * @param {Record<string, string | number>} attributes
 */
function draw(tag, attributes) {
  const element = document.createElementNS('http://www.w3.org/2000/svg', tag)
  for (const [name, value] of Object.entries(attributes)) element.setAttribute(name, String(value))
  return element
}
