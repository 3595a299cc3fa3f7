import { make } from '../stars/make.js'
import { texts } from './texts.js'

/** The marked periods in words: what rushed in, and what does not count and why. */
export function createPeriods() {
  const element = make('ul', { className: 'periods', part: 'periods' })

  return {
    element,

    /** @param {import('./days.js').History} history @param {string} locale */
    show({ incidents, exclusions }, locale) {
      const time = (/** @type {string} */ iso) =>
        new Date(iso).toLocaleString(locale, { dateStyle: 'medium', timeStyle: 'short', timeZone: 'UTC' })
      const found = [
        ...incidents.map(({ from, to, state }) => ({ name: 'incident', from, to, text: texts.incident[state] })),
        ...exclusions.map(({ from, to, count, reason }) => {
          const text = texts.excludedPeriod(count.toLocaleString(locale), count === 1, reason)
          return { name: 'exclusion', from, to, text }
        }),
      ].sort((a, b) => Date.parse(a.from) - Date.parse(b.from))
      element.replaceChildren(
        ...found.map(({ name, from, to, text }) => {
          const when = texts.period(time(from), to && time(to))
          return make('li', {}, make('span', { className: `key ${name}` }), `${when}: ${text}`)
        }),
      )
      element.hidden = found.length === 0
    },
  }
}
