import { make } from './make.js'
import { texts } from './texts.js'

const halfDayMs = 43_200_000

/**
 * What readers are shown of a post, as the API gives it.
 * @typedef {object} Stats
 * @property {number} count
 * @property {number | null} average
 * @property {number[]} histogram
 * @property {string | null} nextUpdateAt
 * @property {{ since: string } | null} guard
 * @property {{ minCount: number }} [withheld]
 * @property {{ days: number, count: number, average: number | null }} [recent]
 */

/**
 * The figures that all readers see: average, histogram, and when they will change.
 * @param {HTMLElement} host tells the language
 */
export function createFigures(host) {
  const average = make('strong')
  const outOf = make('span', { textContent: `${texts.outOf} · ` })
  const count = make('span', { className: 'count' })
  const rows = [5, 4, 3, 2, 1, 0].map(createRow)
  const histogram = make(
    'table',
    { className: 'histogram', part: 'histogram' },
    make('caption', { className: 'hidden', textContent: texts.byScore }),
    make('tbody', {}, ...rows.map(({ element }) => element)),
  )
  const recent = make('p', { className: 'recent', part: 'recent' })
  const update = make('p', { className: 'update', part: 'update' })
  const held = make('p', { className: 'held', part: 'note', role: 'note', hidden: true })
  const element = make(
    'div',
    { className: 'figures', part: 'figures', role: 'group', ariaLabel: texts.ratings, hidden: true },
    make('p', { className: 'average', part: 'average' }, average, ' ', outOf, count),
    recent,
    histogram,
    update,
    held,
  )
  /** @type {number | null} */
  let nextUpdateAt = null
  let idleText = ''

  return {
    element,

    clear() {
      element.hidden = true
    },

    /** @param {Stats} stats */
    show(stats) {
      const locale = host.closest('[lang]')?.getAttribute('lang') || 'en'
      average.textContent = stats.average === null ? '' : twoDecimals(stats.average, locale)
      average.hidden = outOf.hidden = stats.average === null
      count.textContent = stats.count === 0 ? texts.unrated : texts.count(stats.count, locale)
      histogram.hidden = stats.count === 0
      say(recent, recentOf(stats, locale))
      recent.hidden = recent.textContent === ''
      const highest = Math.max(1, ...stats.histogram)
      for (const row of rows) row.show(stats.histogram[row.score] ?? 0, highest, locale)
      nextUpdateAt = stats.nextUpdateAt === null ? null : Date.parse(stats.nextUpdateAt)
      idleText = stats.count === 0 ? texts.firstAtOnce : texts.atOnce
      say(held, noteOf(stats, locale))
      held.hidden = held.textContent === ''
      element.hidden = false
    },

    /** @param {number} now the server's time */
    tick(now) {
      say(update, nextUpdateAt === null ? idleText : countdown(nextUpdateAt - now))
    },
  }
}

/** @param {HTMLElement} element @param {string} text */
function say(element, text) {
  if (element.textContent !== text) element.textContent = text
}

/**
 * Why the average is not what the bars say, in words.
 * @param {Stats} stats
 * @param {string} locale
 */
function noteOf({ guard, withheld }, locale) {
  if (withheld !== undefined) return texts.tooFew(withheld.minCount)
  if (guard === null) return ''
  const since = new Date(guard.since)
  const old = Date.now() - since.getTime() > halfDayMs
  return texts.held(since.toLocaleString(locale, { timeStyle: 'short', ...(old && { dateStyle: 'medium' }) }))
}

/** @param {Stats} stats @param {string} locale */
function recentOf({ recent }, locale) {
  if (recent === undefined || recent.average === null) return ''
  return texts.recent(recent.days, twoDecimals(recent.average, locale), texts.count(recent.count, locale))
}

/** @param {number} value @param {string} locale */
function twoDecimals(value, locale) {
  return value.toLocaleString(locale, { minimumFractionDigits: 2, maximumFractionDigits: 2 })
}

/** @param {number} score */
function createRow(score) {
  const bar = make('span')
  const ratings = make('td', { className: 'count' })
  const label = make('th', { scope: 'row', textContent: String(score) })
  return {
    score,
    element: make('tr', {}, label, make('td', { className: 'bar' }, bar), ratings),
    /** @param {number} count @param {number} highest @param {string} locale */
    show(count, highest, locale) {
      // Few of many are seen, too; none are nothing.
      bar.style.inlineSize = count === 0 ? '0' : `max(1px, ${(100 * count) / highest}%)`
      ratings.textContent = count.toLocaleString(locale)
    },
  }
}

/** @param {number} left milliseconds */
function countdown(left) {
  const seconds = Math.ceil(left / 1000)
  if (seconds <= 0) return texts.updating
  return texts.updatesIn(`${Math.floor(seconds / 60)}:${String(seconds % 60).padStart(2, '0')}`)
}
