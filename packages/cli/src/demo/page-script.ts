/** The script of the demo page; it runs in the browser as it stands here. All text goes in as text, never as HTML. */
export const pageScript = `
import './api/stars.js'

const $ = (id) => document.getElementById(id)
let next = null

const make = (tag, properties = {}, ...children) => {
  const element = Object.assign(document.createElement(tag), properties)
  element.append(...children)
  return element
}

const user = () => decodeURIComponent(/(?:^|; )user=([^;]*)/.exec(document.cookie)?.[1] ?? '')

async function ask(path, init) {
  const answer = await fetch(path, init)
  const body = await answer.json()
  if (answer.ok) return body
  throw new Error(body.detail ?? body.title)
}

async function attempt(work) {
  try {
    await work()
    $('message').textContent = ''
  } catch (error) {
    $('message').textContent = error.message
  }
}

async function load(path) {
  const page = await ask(path)
  for (const post of page.items) show(post)
  next = page.next
  $('more').hidden = next === null
}

function reload() {
  $('posts').replaceChildren()
  return attempt(() => load('api/posts?limit=20&sort=' + $('sort').value))
}

function show(post) {
  const stars = make('post-rate-stars', { post })
  stars.addEventListener('post-rate-sign-in', () => $('user').focus())
  const article = make('article', {},
    make('h2', { textContent: post.title }),
    make('div', { className: 'by', textContent: '#' + post.id + ' by ' + post.createdBy }),
    make('p', { textContent: post.content }),
    stars)
  article.dataset.post = post.id
  $('posts').append(article)
}

$('user').value = user()
$('user').onchange = () => {
  const name = $('user').value.trim()
  document.cookie = 'user=' + encodeURIComponent(name) + '; path=/; SameSite=Strict' + (name === '' ? '; max-age=0' : '')
  reload()
}
$('sort').onchange = reload
$('more').onclick = () => attempt(() => load(next))
$('raid').onclick = () => attempt(async () => {
  const raid = await ask('raid', { method: 'POST', headers: { 'Content-Type': 'application/json' }, body: '{}' })
  $('note').textContent = raid.ratings + ' low ratings are coming in on “' + raid.title + '”. The guard holds its average, and Moderation shows the incident within seconds.'
})
await reload()
`
