import { createFigures } from './stars/figures.js'
import { make } from './stars/make.js'
import { createOwnScore } from './stars/own-score.js'
import { RequestError, request, serverNow } from './stars/request.js'
import { sheet } from './stars/style.js'
import { texts } from './stars/texts.js'

/** How long after its end a window is asked for, so that the server has stepped it; how often again; after a failure. */
const afterWindowMs = 400
const againMs = 1_000
const afterFailureMs = 5_000

/** A server that renders a page may import this module; it defines the element in browsers only. */
const Base = /** @type {typeof HTMLElement} */ (globalThis.HTMLElement ?? class {})

/** Not written as `new URL('.', import.meta.url)`, which bundlers take for a file of theirs. */
const here = import.meta.url

/** @typedef {{ id: number, stats: import('./stars/figures.js').Stats, myScore: number | null }} Post as the API gives it */

/**
 * `<post-rate-stars post-id="1">`: a post's figures, when they will change, and the reader's own rating.
 *
 * Attributes: `post-id`; `api`, the prefix of the router (default: where this module came from); `signed-out`, which shows
 * the slot `sign-in` in the place of the stars. Events: `post-rate-rated` with `{ postId, score }` when a rating was
 * stored (`score: null`: taken back), `post-rate-sign-in` when the server wants to know who is rating.
 */
export class PostRateStars extends Base {
  static observedAttributes = ['post-id', 'signed-out']

  /** Sends the requests; replaced where users log in by a header. @type {(url: URL, init: RequestInit) => Promise<Response>} */
  static fetch = (url, init) => globalThis.fetch(url, init)

  #figures = createFigures(this)
  #own = this.#createOwn('')
  #problem = make('p', { className: 'problem', role: 'alert' })
  /** @type {string | null} */
  #postId = null
  /** @type {Post | null} */
  #post = null
  /** When the post is asked for, in the server's time. */
  #askTime = 0
  /** @type {ReturnType<typeof setInterval> | undefined} */
  #timer
  #flush = () => this.#own.flush()

  constructor() {
    super()
    const root = this.attachShadow({ mode: 'open' })
    root.adoptedStyleSheets = [sheet()]
    root.append(this.#figures.element, this.#own.element, this.#problem)
  }

  connectedCallback() {
    // Assigned before this module was there: a plain property until now.
    const early = Object.getOwnPropertyDescriptor(this, 'post')
    if (early !== undefined) {
      Reflect.deleteProperty(this, 'post')
      this.post = early.value
    }
    addEventListener('pagehide', this.#flush)
    this.#timer = setInterval(() => this.#tick(), 250)
    this.#tick()
  }

  disconnectedCallback() {
    removeEventListener('pagehide', this.#flush)
    clearInterval(this.#timer)
    this.#flush()
  }

  /** @param {string} name @param {string | null} _before @param {string | null} value */
  attributeChangedCallback(name, _before, value) {
    if (name === 'signed-out') this.#own.allow(value === null)
    else if (value !== this.#postId) this.#turnTo(value)
  }

  /** The post as the API gives it. A page that has it already assigns it, and saves the first request. */
  get post() {
    return this.#post
  }

  set post(post) {
    if (post === null) this.removeAttribute('post-id')
    else {
      this.setAttribute('post-id', String(post.id))
      this.#show(post, true)
    }
  }

  /** Forgets the post before; what its reader chose last still goes to it. @param {string | null} postId */
  #turnTo(postId) {
    this.#own.flush()
    const own = this.#createOwn(postId ?? '')
    own.allow(!this.hasAttribute('signed-out'))
    this.#own.element.replaceWith(own.element)
    this.#own = own
    this.#figures.clear()
    this.#problem.textContent = ''
    this.#postId = postId
    this.#post = null
    this.#askTime = 0
  }

  /** @param {Post} post @param {boolean} ownToo */
  #show(post, ownToo) {
    this.#post = post
    this.#problem.textContent = ''
    this.#figures.show(post.stats)
    this.#figures.tick(serverNow())
    if (ownToo) this.#own.show(post.myScore)
    const { nextUpdateAt } = post.stats
    // Nothing changes before `nextUpdateAt`: no need to ask earlier.
    this.#askTime =
      nextUpdateAt === null
        ? Number.POSITIVE_INFINITY
        : Math.max(Date.parse(nextUpdateAt) + afterWindowMs, serverNow() + againMs)
  }

  #tick() {
    const now = serverNow()
    this.#figures.tick(now)
    if (this.#postId !== null && !document.hidden && now >= this.#askTime) this.#ask(this.#postId)
  }

  /** @param {string} postId */
  async #ask(postId) {
    const [own, changes] = [this.#own, this.#own.changes()]
    this.#askTime = Number.POSITIVE_INFINITY
    try {
      const post = await this.#request('GET', `posts/${postId}`)
      // What was asked for before the reader rated tells nothing about the own score.
      if (own === this.#own) this.#show(post, own.changes() === changes)
    } catch (error) {
      if (!(error instanceof RequestError)) throw error
      if (own === this.#own) this.#askAgain(error)
    }
  }

  /** Figures that are there stay; without any the reader is told why. @param {RequestError} error */
  #askAgain({ status, message }) {
    const gone = status === 404
    if (gone || this.#post === null) this.#problem.textContent = gone ? texts.gone : message
    if (!gone) this.#askTime = serverNow() + afterFailureMs
    else this.#figures.element.hidden = this.#own.element.hidden = true
  }

  /** @param {string} postId */
  #createOwn(postId) {
    const path = `posts/${postId}/rating`
    return createOwnScore({
      send: async (score) => {
        await (score === null ? this.#request('DELETE', path) : this.#request('PUT', path, { score }))
        this.#fire('post-rate-rated', { postId: Number(postId), score })
        // A post's first rating shows at once, the others at the window's end.
        if (!this.#post?.stats.nextUpdateAt) this.#askTime = serverNow() + againMs
      },
      unknown: () => this.#fire('post-rate-sign-in', { postId: Number(postId) }),
    })
  }

  /** @param {string} method @param {string} path @param {unknown} [body] */
  #request(method, path, body) {
    const api = this.getAttribute('api')
    const base = api === null ? new URL('.', here) : new URL(`${api.replace(/\/$/, '')}/`, document.baseURI)
    return request(PostRateStars.fetch, method, new URL(path, base), body)
  }

  /** @param {string} name @param {object} detail */
  #fire(name, detail) {
    this.dispatchEvent(new CustomEvent(name, { bubbles: true, composed: true, detail }))
  }
}

if (globalThis.customElements && !customElements.get('post-rate-stars'))
  customElements.define('post-rate-stars', PostRateStars)
