import { request } from './api.js'
import { createPostCard } from './post-card.js'
import { showSession } from './session.js'

const pageSize = 5
const query = new URLSearchParams(location.search)
const sort = query.get('sort') === 'top' ? 'top' : 'newest'

for (const link of document.querySelectorAll('[data-sort]'))
  if (link.dataset.sort === sort) link.setAttribute('aria-current', 'page')

try {
  const session = await showSession()
  await showPosts(session)
} catch (error) {
  const failed = document.querySelector('#failed')
  failed.textContent = error.message
  failed.hidden = false
}
document.querySelector('#posts').removeAttribute('aria-busy')

async function showPosts(session) {
  const wanted = new URLSearchParams({ sort, limit: String(pageSize) })
  if (query.has('after')) wanted.set('after', query.get('after'))
  const page = await request('GET', `/api/posts?${wanted}`)
  const cards = page.items.map((post) => createPostCard(post, session))
  document.querySelector('#posts').replaceChildren(...cards)
  document.querySelector('#empty').hidden = cards.length > 0
  showPager(page.next)
}

/** The API's `next` is its own URL of the next page; this page's has the same cursor. */
function showPager(next) {
  if (next !== null) {
    const after = new URL(next, location.href).searchParams.get('after')
    showLink('#next', `/?${new URLSearchParams({ sort, after })}`)
  }
  if (query.has('after')) showLink('#first', `/?sort=${sort}`)
}

function showLink(selector, href) {
  const link = document.querySelector(selector)
  link.href = href
  link.hidden = false
}
