import { request, serverNow } from './api.js'
import { createDisplay } from './display.js'
import { createOwnRating } from './own-rating.js'

/** How long after its end a window is asked for, so that the server has stepped it; and how often again. */
const afterWindowMs = 400
const againMs = 1_000

/** A post with its frozen figures and the reader's own rating. `tick` is to be called a few times a second. */
export function createPostCard(post, session) {
  const element = document.querySelector('#post-template').content.firstElementChild.cloneNode(true)
  element.dataset.post = post.id
  element.querySelector('h2').textContent = post.title
  element.querySelector('.author').textContent = post.createdBy
  element.querySelector('.content').textContent = post.content
  const time = element.querySelector('time')
  time.dateTime = post.createdAt
  time.textContent = new Date(post.createdAt).toLocaleDateString('en', { dateStyle: 'long' })

  const display = createDisplay(element)
  const own = createOwnRating(element, post, session, () => askAt(serverNow() + againMs))
  let askTime = Number.POSITIVE_INFINITY
  let asking = false
  show(post)
  return { element, tick }

  function show({ stats, myScore }) {
    display.show(stats)
    display.tick(serverNow())
    own.show(myScore)
    // Nothing changes before `nextUpdateAt`: no need to ask earlier.
    if (stats.nextUpdateAt !== null)
      askTime = Math.max(Date.parse(stats.nextUpdateAt) + afterWindowMs, serverNow() + againMs)
  }

  /** After a rating: a post's first one shows at once, the others at the window's end. */
  function askAt(moment) {
    if (!display.frozen()) askTime = moment
  }

  function tick() {
    display.tick(serverNow())
    if (asking || document.hidden || serverNow() < askTime) return
    asking = true
    askTime = Number.POSITIVE_INFINITY
    request('GET', `/api/posts/${post.id}`)
      .then(show, () => {
        askTime = serverNow() + 5 * againMs
      })
      .finally(() => {
        asking = false
      })
  }
}
