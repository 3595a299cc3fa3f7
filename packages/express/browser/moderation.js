import { ApiError, ask } from './moderation/api.js'
import { createIncident } from './moderation/incident.js'
import { auditList, excludeUsersForm, exclusionList, incidentList, userList } from './moderation/lists.js'
import { createPost } from './moderation/post.js'
import { plural } from './moderation/words.js'
import { make } from './stars/make.js'

/** How often open incidents are asked for, milliseconds. */
const everyMs = 4_000

const found = place('found')
const search = /** @type {HTMLFormElement} */ (document.getElementById('search'))
const message = /** @type {HTMLElement} */ (document.getElementById('message'))
const openTitle = /** @type {HTMLElement} */ (document.getElementById('open-title'))
const foundTitle = /** @type {HTMLElement} */ (document.getElementById('found-title'))

const quiet = make('p', { className: 'soft', hidden: true }, 'No incident is open.')
const cards = make('div')
const trouble = make('p', { className: 'problem', role: 'alert' })
place('open').append(quiet, cards, trouble)

const lists = {
  decided: incidentList('incidents', decided, 'There was no other incident.', ({ state }) => state !== 'open'),
  exclusions: exclusionList('exclusions', decided),
  users: userList(decided),
  audit: auditList(),
}
for (const [id, { element }] of Object.entries(lists)) place(id).append(element)
place('users').append(excludeUsersForm(decided))

/** The open incidents that are on the page. @type {Map<number, { card: ReturnType<typeof createIncident>, known: string }>} */
const open = new Map()
/** @type {ReturnType<typeof createPost> | null} */
let post = null

/** @param {string} text */
async function decided(text) {
  message.textContent = text
  message.scrollIntoView({ block: 'nearest' })
  await refresh()
  await Promise.all([...Object.values(lists).map(({ reload }) => reload()), post?.reload()])
}

/** New incidents come, decided ones go, and the others show their figures; a form that is being filled in stays. */
async function refresh() {
  try {
    /** @type {{ items: import('./moderation/api.js').Incident[] }} */
    const { items } = await ask('incidents?state=open&limit=100')
    const before = open.size
    for (const [id, { card }] of open)
      if (!items.some((incident) => incident.id === id)) {
        card.element.remove()
        open.delete(id)
      }
    for (const incident of items) await showOpen(incident)
    openTitle.textContent = items.length === 0 ? 'Open incidents' : `Open incidents (${items.length})`
    document.title = items.length === 0 ? 'Moderation' : `${plural(items.length, 'open incident')} – Moderation`
    quiet.hidden = items.length > 0
    trouble.textContent = ''
    if (open.size < before) await lists.decided.reload()
  } catch (error) {
    if (!(error instanceof ApiError)) throw error
    trouble.textContent = error.message
  }
}

/** @param {import('./moderation/api.js').Incident} incident */
async function showOpen(incident) {
  const known = JSON.stringify(incident)
  const shown = open.get(incident.id)
  if (shown?.known === known) return
  const card = shown?.card ?? createIncident(incident.id, decided)
  await card.refresh()
  // The server lists the newest first.
  if (!shown) cards.prepend(card.element)
  open.set(incident.id, { card, known })
}

search.addEventListener('submit', async (event) => {
  event.preventDefault()
  const id = String(new FormData(search).get('post')).trim()
  const section = /** @type {HTMLElement} */ (document.getElementById('found'))
  section.hidden = false
  try {
    post = createPost(await ask(`posts/${encodeURIComponent(id)}`), decided)
    found.replaceChildren(post.element)
    await post.reload()
  } catch (error) {
    if (!(error instanceof ApiError)) throw error
    post = null
    found.replaceChildren(make('p', { className: 'problem', textContent: error.message }))
  }
  foundTitle.focus()
})

/** Where the content of a section goes. @param {string} id */
function place(id) {
  return /** @type {HTMLElement} */ (document.querySelector(`#${id} > div`))
}

await Promise.all([refresh(), ...Object.values(lists).map(({ reload }) => reload())])
for (;;) {
  await new Promise((resolve) => setTimeout(resolve, everyMs))
  if (!document.hidden) await refresh()
}
