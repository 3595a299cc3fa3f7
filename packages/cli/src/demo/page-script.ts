/** The script of the demo page; it runs in the browser as it stands here. All text goes in as text, never as HTML. */
export const pageScript = `
const $ = (id) => document.getElementById(id)
const posts = new Map()
let next = null

const make = (tag, properties = {}, ...children) => {
  const element = Object.assign(document.createElement(tag), properties)
  element.append(...children)
  return element
}

const user = () => decodeURIComponent(/(?:^|; )user=([^;]*)/.exec(document.cookie)?.[1] ?? '')

async function ask(path, options) {
  const answer = await fetch(path, options)
  const body = answer.status === 204 ? null : await answer.json()
  if (answer.ok) return body
  throw new Error(answer.status === 401 ? 'Say who you are first.' : body.detail ?? body.title)
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
  posts.clear()
  $('posts').replaceChildren()
  return attempt(() => load('api/posts?limit=20&sort=' + $('sort').value))
}

function show(post) {
  const known = posts.get(post.id)
  const article = make('article', {},
    make('h2', { textContent: post.title }),
    make('div', { className: 'by', textContent: '#' + post.id + ' by ' + post.createdBy }),
    make('p', { textContent: post.content }),
    make('div', { className: 'row' }, scores(post), shown(post)))
  article.dataset.post = post.id
  posts.set(post.id, { post, article, asked: 0 })
  if (known) known.article.replaceWith(article)
  else $('posts').append(article)
}

function scores(post) {
  const set = make('fieldset', { className: 'scores' })
  set.setAttribute('aria-label', 'Your score')
  for (let score = 0; score <= 5; score++) {
    const on = post.myScore !== null && (score === 0 ? post.myScore === 0 : score <= post.myScore)
    const button = make('button', {
      type: 'button',
      className: on ? 'on' : '',
      textContent: score === 0 ? '0' : '★',
      title: post.myScore === score ? 'Withdraw your score' : 'Give a ' + score,
      onclick: () => attempt(() => rate(post, score)),
    })
    button.setAttribute('aria-pressed', String(post.myScore === score))
    set.append(button)
  }
  return set
}

function shown(post) {
  const { count, average, histogram, guard, withheld } = post.stats
  const bars = make('span', { className: 'bars', title: histogram.map((n, score) => score + ': ' + n).join('  ') },
    ...histogram.map((n) => {
      const bar = make('i')
      bar.style.height = (100 * n) / Math.max(1, ...histogram) + '%'
      return bar
    }))
  const text = average !== null ? average.toFixed(2) : withheld ? 'too few ratings' : 'not rated yet'
  const held = guard === null ? '' : 'Unusually many ratings: all of them count, the average follows slowly.'
  return make('span', { className: 'row' },
    make('span', { className: 'average', textContent: text }),
    bars,
    make('span', { className: 'shown', textContent: count + (count === 1 ? ' rating' : ' ratings') }),
    make('span', { className: 'shown due' }),
    make('span', { className: 'shown', textContent: held }))
}

async function rate(post, score) {
  const path = 'api/posts/' + post.id + '/rating'
  if (post.myScore === score) {
    await ask(path, { method: 'DELETE' })
    show({ ...posts.get(post.id).post, myScore: null })
  } else {
    const body = JSON.stringify({ score })
    await ask(path, { method: 'PUT', headers: { 'Content-Type': 'application/json' }, body })
    show({ ...posts.get(post.id).post, myScore: score })
  }
  // A first rating shows at once, everything else at the end of the window.
  if (post.stats.nextUpdateAt === null) setTimeout(() => refresh(post.id), 1100)
}

async function refresh(id) {
  const entry = posts.get(id)
  if (!entry) return
  entry.asked = Date.now()
  await attempt(async () => show(await ask('api/posts/' + id)))
}

function tick() {
  for (const [id, { post, article, asked }] of posts) {
    const { nextUpdateAt } = post.stats
    const due = article.querySelector('.due')
    if (nextUpdateAt === null) continue
    const seconds = Math.ceil((Date.parse(nextUpdateAt) - Date.now()) / 1000)
    due.textContent = seconds > 0
      ? 'updates in ' + Math.floor(seconds / 60) + ':' + String(seconds % 60).padStart(2, '0')
      : 'updating…'
    if (seconds < 0 && Date.now() - asked > 3000) refresh(id)
  }
}

$('user').value = user()
$('user').onchange = () => {
  const name = $('user').value.trim()
  document.cookie = 'user=' + encodeURIComponent(name) + '; path=/; SameSite=Strict' + (name === '' ? '; max-age=0' : '')
  reload()
}
$('sort').onchange = reload
$('more').onclick = () => attempt(() => load(next))
setInterval(tick, 500)
await reload()
`
