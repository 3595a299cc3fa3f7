import { make } from '../stars/make.js'
import { texts } from './texts.js'

const scores = [0, 1, 2, 3, 4, 5]

/** The same numbers as a table: a screen reader always has it, others see it when they ask for it. */
export function createTable() {
  const body = make('tbody')
  const titles = [texts.day, ...scores.map(String), texts.excluded, texts.averageAfter]
  const heads = titles.map((title, n) => {
    const head = make('th', { scope: 'col', textContent: title })
    if (n > 0 && n <= scores.length) head.ariaLabel = texts.score(n - 1)
    return head
  })
  const caption = make('caption', { textContent: texts.caption })
  const table = make('table', {}, caption, make('thead', {}, make('tr', {}, ...heads)), body)
  const element = make('div', { className: 'numbers hidden', part: 'table' }, table)

  return {
    element,

    /** @param {boolean} visible */
    turn(visible) {
      element.classList.toggle('hidden', !visible)
      // On a phone it scrolls sideways, also by keyboard.
      if (visible) Object.assign(element, { tabIndex: 0, role: 'region', ariaLabel: texts.scrollable })
      else for (const name of ['tabindex', 'role', 'aria-label']) element.removeAttribute(name)
    },

    /**
     * @param {import('./days.js').Day[]} days
     * @param {{ locale: string, dateOf: (time: number) => string, averageOf: (value: number) => string }} look
     */
    show(days, { locale, dateOf, averageOf }) {
      const rows = days
        .filter(({ count, excluded }) => count + excluded > 0)
        .map(({ time, counts, excluded, average }) => {
          const cells = [...counts, excluded].map((value) => value.toLocaleString(locale))
          cells.push(average === null ? '–' : averageOf(average))
          const head = make('th', { scope: 'row', textContent: dateOf(time) })
          return make('tr', {}, head, ...cells.map((textContent) => make('td', { textContent })))
        })
      body.replaceChildren(...rows)
    },
  }
}
