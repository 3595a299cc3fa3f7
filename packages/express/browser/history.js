import { createChart } from './history/chart.js'
import { daysOf, firstDay } from './history/days.js'
import { createPeriods } from './history/periods.js'
import { sheet } from './history/style.js'
import { createTable } from './history/table.js'
import { texts } from './history/texts.js'
import { make } from './stars/make.js'
import { RequestError, request, serverNow } from './stars/request.js'

/** How long after its end a window is asked for, so that the server has stepped it; after a failure; where nothing is promised. */
const afterWindowMs = 400
const afterFailureMs = 5_000
const unpromisedMs = 30_000

const [fewestDays, mostDays, defaultDays] = [7, 400, 90]

/** A server that renders a page may import this module; it defines the element in browsers only. */
const Base = /** @type {typeof HTMLElement} */ (globalThis.HTMLElement ?? class {})

/** Not written as `new URL('.', import.meta.url)`, which bundlers take for a file of theirs. */
const here = import.meta.url

/** @typedef {import('./history/days.js').History} History A post's ratings over time, as the API gives them */
/** @typedef {import('./history/days.js').Day} Day */

/**
 * `<post-rate-history post-id="1">`: a post's ratings over time: bars by day, the average, and periods in which unusually many came
 * or whose ratings do not count, with the reason.
 *
 * Attributes: `post-id`; `api`, the prefix of the router (default: where this module came from); `days`, how many at most (7 to 400,
 * default 90); `bars`, which is `score` (the default) or `count`.
 */
export class PostRateHistory extends Base {
  static observedAttributes = ['post-id', 'days', 'bars']

  /** Sends the requests; replaced where users log in by a header. @type {(url: URL, init: RequestInit) => Promise<Response>} */
  static fetch = (url, init) => globalThis.fetch(url, init)

  #chart = createChart((index) => this.#textOf(index))
  #periods = createPeriods()
  #table = createTable()
  #legend = make('ul', { className: 'legend', ariaHidden: 'true' })
  #day = make('p', { className: 'day', part: 'day', ariaHidden: 'true' })
  #empty = make('p', { className: 'empty', textContent: texts.unrated, hidden: true })
  #problem = make('p', { className: 'problem', role: 'alert' })
  #bars = {
    score: this.#button(texts.byScore, () => this.#turnBars('score')),
    count: this.#button(texts.byCount, () => this.#turnBars('count')),
  }
  #tableButton = this.#button(texts.table, () => this.#turnTable())
  #figure = make(
    'div',
    { className: 'figure', role: 'group', ariaLabel: texts.history, hidden: true },
    make(
      'div',
      { className: 'choices', part: 'choices' },
      make('div', { role: 'group', ariaLabel: texts.barsShow }, this.#bars.score, this.#bars.count),
      this.#tableButton,
    ),
    this.#chart.element,
    this.#legend,
    this.#day,
    this.#periods.element,
    this.#table.element,
  )
  /** @type {History | null} */
  #history = null
  /** @type {Day[]} */
  #days = []
  /** When the history is asked for, in the server's time. */
  #askTime = 0
  /** @type {ReturnType<typeof setInterval> | undefined} */
  #timer

  constructor() {
    super()
    const root = this.attachShadow({ mode: 'open' })
    root.adoptedStyleSheets = [sheet()]
    root.append(this.#figure, this.#empty, this.#problem)
    this.#chart.onChoose((index) => {
      this.#day.textContent = this.#textOf(index)
    })
    this.#tableButton.ariaPressed = 'false'
  }

  connectedCallback() {
    // Assigned before this module was there: a plain property until now.
    const early = Object.getOwnPropertyDescriptor(this, 'history')
    if (early !== undefined) {
      Reflect.deleteProperty(this, 'history')
      this.history = early.value
    }
    this.#timer = setInterval(() => this.#tick(), 250)
    this.#tick()
  }

  disconnectedCallback() {
    clearInterval(this.#timer)
  }

  /** @param {string} name @param {string | null} before @param {string | null} value */
  attributeChangedCallback(name, before, value) {
    if (before === value) return
    if (name === 'bars') return this.#draw()
    this.#history = null
    this.#figure.hidden = this.#empty.hidden = true
    this.#problem.textContent = ''
    this.#askTime = 0
  }

  /** The history as the API gives it, by day. A page that has it already assigns it, and saves the first request. */
  get history() {
    return this.#history
  }

  set history(history) {
    if (history === null) this.removeAttribute('post-id')
    else {
      this.setAttribute('post-id', String(history.postId))
      this.#show(history)
    }
  }

  get #mostDays() {
    const days = Number(this.getAttribute('days') ?? defaultDays)
    return Number.isInteger(days) ? Math.max(fewestDays, Math.min(mostDays, days)) : defaultDays
  }

  /** @returns {'score' | 'count'} */
  get #barsShown() {
    return this.getAttribute('bars') === 'count' ? 'count' : 'score'
  }

  get #locale() {
    return this.closest('[lang]')?.getAttribute('lang') || 'en'
  }

  #tick() {
    const postId = this.getAttribute('post-id')
    if (postId !== null && !document.hidden && serverNow() >= this.#askTime) this.#ask(postId)
  }

  /** @param {string} postId */
  async #ask(postId) {
    this.#askTime = Number.POSITIVE_INFINITY
    const days = this.#mostDays
    const from = new Date(firstDay(serverNow(), days)).toISOString().slice(0, 10)
    const current = () => this.getAttribute('post-id') === postId && this.#mostDays === days
    try {
      const history = await this.#request(`posts/${postId}/history?unit=day&from=${from}`)
      if (current()) this.#show(history)
    } catch (error) {
      if (!(error instanceof RequestError)) throw error
      if (current()) this.#askAgain(error)
    }
  }

  /** A chart that is there stays; without any the reader is told why. @param {RequestError} error */
  #askAgain({ status, message }) {
    const gone = status === 404
    if (gone || this.#history === null) this.#problem.textContent = gone ? texts.gone : message
    if (gone) this.#figure.hidden = this.#empty.hidden = true
    else this.#askTime = serverNow() + afterFailureMs
  }

  /** @param {History} history */
  #show(history) {
    this.#history = history
    this.#problem.textContent = ''
    this.#draw()
    const { nextUpdateAt } = history
    const now = serverNow()
    // Nothing changes before `nextUpdateAt`: no need to ask earlier.
    this.#askTime =
      nextUpdateAt === null ? now + unpromisedMs : Math.max(Date.parse(nextUpdateAt) + afterWindowMs, now + 1_000)
  }

  #draw() {
    const [history, bars, locale] = [this.#history, this.#barsShown, this.#locale]
    if (history === null) return
    this.#days = daysOf(history, serverNow(), this.#mostDays)
    const some = this.#days.some(({ count, excluded, average }) => count + excluded > 0 || average !== null)
    this.#figure.hidden = !some
    this.#empty.hidden = some
    const look = {
      bars,
      locale,
      dateOf: (/** @type {number} */ time) => this.#dateOf(time),
      averageOf: twoDecimals(locale),
    }
    for (const [name, button] of Object.entries(this.#bars)) button.ariaPressed = String(name === bars)
    this.#chart.show(this.#days, history, look)
    this.#periods.show(history, locale)
    this.#table.show(this.#days, look)
    this.#legend.replaceChildren(...legendOf(bars, this.#days))
  }

  /** What is said of a day, also by the slider. @param {number} index */
  #textOf(index) {
    const day = this.#days[index]
    if (day === undefined) return ''
    const [locale, date] = [this.#locale, this.#dateOf(day.time)]
    const number = (/** @type {number} */ value) => value.toLocaleString(locale)
    const scores = day.counts.flatMap((count, score) => (count === 0 ? [] : [`${score}: ${number(count)}`]))
    return [
      day.count === 0 && day.excluded === 0
        ? texts.dayIsEmpty(date)
        : texts.dayIs(date, number(day.count), day.count === 1, scores.reverse().join(', ')),
      day.excluded === 0 ? '' : texts.dayExcludes(number(day.excluded), day.excluded === 1),
      day.average === null ? '' : texts.dayAverage(twoDecimals(locale)(day.average)),
    ]
      .filter((text) => text !== '')
      .join(' ')
  }

  /** @param {number} time */
  #dateOf(time) {
    return new Date(time).toLocaleDateString(this.#locale, { dateStyle: 'medium', timeZone: 'UTC' })
  }

  /** @param {'score' | 'count'} bars */
  #turnBars(bars) {
    this.setAttribute('bars', bars)
  }

  #turnTable() {
    const visible = this.#tableButton.ariaPressed !== 'true'
    this.#tableButton.ariaPressed = String(visible)
    this.#table.turn(visible)
  }

  /** @param {string} textContent @param {() => void} work */
  #button(textContent, work) {
    const button = make('button', { type: 'button', textContent })
    button.addEventListener('click', work)
    return button
  }

  /** @param {string} path */
  #request(path) {
    const api = this.getAttribute('api')
    const base = api === null ? new URL('.', here) : new URL(`${api.replace(/\/$/, '')}/`, document.baseURI)
    return request(PostRateHistory.fetch, 'GET', new URL(path, base), undefined)
  }
}

/** @param {string} locale @returns {(value: number) => string} */
function twoDecimals(locale) {
  return (value) => value.toLocaleString(locale, { minimumFractionDigits: 2, maximumFractionDigits: 2 })
}

/** @param {'score' | 'count'} bars @param {Day[]} days */
function legendOf(bars, days) {
  const scores = bars === 'score' ? [0, 1, 2, 3, 4, 5].map((score) => ({ name: `s${score}`, text: String(score) })) : []
  const all = bars === 'count' ? [{ name: 'all', text: texts.byCount }] : []
  const out = days.some(({ excluded }) => excluded > 0) ? [{ name: 'out', text: texts.excluded }] : []
  return [...scores, ...all, ...out, { name: 'line', text: texts.average }].map(({ name, text }) =>
    make('li', {}, make('span', { className: `key ${name}` }), text),
  )
}

if (globalThis.customElements && !customElements.get('post-rate-history'))
  customElements.define('post-rate-history', PostRateHistory)
