import { make } from '../stars/make.js'
import { ApiError, ask, nextPath } from './api.js'
import { createDecision, effects, folded, usersEffect } from './decision.js'
import { createIncident, stateOf } from './incident.js'
import { moment, period, plural } from './words.js'

/** @typedef {(text: string) => void} Decided */

/**
 * A list that is read page by page.
 * @template Item
 * @param {object} options
 * @param {string} options.path with its query, if any
 * @param {HTMLElement} options.list where the items go
 * @param {(item: Item) => HTMLElement} options.render
 * @param {string} options.empty what is said where there is none
 * @param {(item: Item) => boolean} [options.only] leaves out other items
 */
export function createList({ path, list, render, empty, only = () => true }) {
  const [plainPath = ''] = path.split('?', 1)
  const none = make('p', { className: 'soft', textContent: empty, hidden: true })
  const more = make('button', { type: 'button', textContent: 'Show more', hidden: true })
  const problem = make('p', { className: 'problem', role: 'alert' })
  const element = make('div', {}, none, list, more, problem)
  const items = list instanceof HTMLTableElement ? make('tbody') : list
  if (items !== list) list.append(items)
  /** @type {string | null} */
  let next = null

  /** @param {string} from @param {boolean} anew */
  async function read(from, anew) {
    try {
      /** @type {{ items: Item[], next: string | null }} */
      const page = await ask(from)
      const rendered = page.items.filter(only).map(render)
      if (anew) items.replaceChildren(...rendered)
      else items.append(...rendered)
      next = nextPath(plainPath, page.next)
      more.hidden = next === null
      none.hidden = items.children.length > 0 || next !== null
      list.hidden = items.children.length === 0
      problem.textContent = ''
      if (!anew) rendered[0]?.querySelector('summary')?.focus()
    } catch (error) {
      if (!(error instanceof ApiError)) throw error
      problem.textContent = error.message
    }
  }

  more.addEventListener('click', () => {
    if (next !== null) read(next, false)
  })
  return { element, reload: () => read(path, true) }
}

/** Incidents in a line each; opened, with everything about them. @param {string} path @param {Decided} decided @param {string} empty @param {(incident: import('./api.js').Incident) => boolean} [only] */
export function incidentList(path, decided, empty, only) {
  /** @param {import('./api.js').Incident} incident */
  const render = (incident) => {
    const line = make(
      'span',
      {},
      `Post ${incident.postId} · ${plural(incident.arrivals, 'arrival')} `,
      ...period(incident.from, incident.to),
      ' ',
    )
    const details = make('details', { className: 'item' }, make('summary', {}, line, stateOf(incident)))
    details.addEventListener(
      'toggle',
      () => {
        const { element, refresh } = createIncident(incident.id, decided)
        details.append(element)
        refresh().catch((error) =>
          element.replaceChildren(make('p', { className: 'problem', textContent: error.message })),
        )
      },
      { once: true },
    )
    return make('li', {}, details)
  }
  return createList({ path, list: make('ul', { className: 'items' }), render, empty, ...(only && { only }) })
}

/** @param {string} path @param {Decided} decided */
export function exclusionList(path, decided) {
  /** @param {import('./api.js').Exclusion} exclusion */
  const render = (exclusion) => {
    const { id, postId, from, to, standing, reason, by, at, excluded, restoredAt, restoredBy, restoreReason } =
      exclusion
    const whose = standing === null ? '' : ` by ${standing} accounts`
    const parts = [
      make(
        'p',
        {},
        make('strong', { textContent: `Post ${postId}` }),
        ` · ${plural(excluded, 'rating')}${whose}, `,
        ...period(from, to),
      ),
      make('p', { className: 'soft' }, `Excluded by ${by} on `, moment(at), `: ${reason}`),
    ]
    if (restoredAt !== null)
      parts.push(
        make('p', { className: 'soft' }, `Restored by ${restoredBy} on `, moment(restoredAt), `: ${restoreReason}`),
      )
    const restore = {
      name: 'Count them again',
      /** @param {object} note */
      send: (note) => ask(`exclusions/${id}/restore`, note),
      /** @param {import('./api.js').Plan} plan */
      describe: (plan) => effects(plan, `${plural(plan.ratings, 'rating')} would count again.`),
      /** @param {import('./api.js').Plan} plan */
      done: ({ ratings }) =>
        `${plural(ratings, 'rating')} on post ${postId} count again. Readers see it at the next update.`,
    }
    const form = () => createDecision({ choices: [restore], decided })
    return make(
      'li',
      {},
      ...parts,
      ...(restoredAt === null ? [folded(`Restore the ratings of post ${postId}`, form)] : []),
    )
  }
  return createList({ path, list: make('ul', { className: 'items' }), render, empty: 'No period is excluded.' })
}

/** @param {Decided} decided */
export function userList(decided) {
  /** @param {import('./api.js').ExcludedUser} user */
  const render = ({ userId, state, by, reason, at }) => {
    const restore = {
      name: 'Count their ratings again',
      /** @param {object} note */
      send: (note) => ask('excluded-users/restore', { ...note, userIds: [userId] }),
      /** @param {import('./api.js').UsersPlan} plan */
      describe: (plan) => [make('p', { textContent: `${usersEffect(plan, 'counts again')}.` })],
      /** @param {import('./api.js').UsersPlan} plan */
      done: (plan) => `${usersEffect(plan, 'counts again')}.`,
    }
    const under = state === 'excluded' ? '' : ` (${state}: it is under way, or repeat it)`
    return make(
      'li',
      {},
      make('p', {}, make('strong', { textContent: userId }), under),
      make('p', { className: 'soft' }, `Excluded by ${by} on `, moment(at), `: ${reason}`),
      folded(`Restore ${userId}`, () => createDecision({ choices: [restore], decided })),
    )
  }
  const empty = 'No user is excluded.'
  return createList({ path: 'excluded-users', list: make('ul', { className: 'items' }), render, empty })
}

/** @param {Decided} decided */
export function excludeUsersForm(decided) {
  const users = make('textarea', { name: 'users', rows: 3, required: true, spellcheck: false })
  const exclude = {
    name: 'Do not count these users',
    /** @param {object} note */
    send: (note) =>
      ask('excluded-users', { ...note, userIds: users.value.split(/\r?\n/).filter((line) => line !== '') }),
    /** @param {import('./api.js').UsersPlan} plan */
    describe: (plan) => [
      make('p', { textContent: `${usersEffect(plan, 'stops counting')}; what they rate later does not count either.` }),
    ],
    /** @param {import('./api.js').UsersPlan} plan */
    done: (plan) => `${usersEffect(plan, 'no longer counts')}.`.replace('no longer counts', 'no longer count'),
  }
  const label = make('label', { className: 'wide' }, 'User ids, one a line', users)
  return folded('Exclude users', () => createDecision({ fields: [label], choices: [exclude], decided }))
}

export function auditList() {
  const head = ['When', 'Who', 'What', 'Reason', 'Outcome']
  const list = make(
    'table',
    { className: 'audit' },
    make('caption', { className: 'hidden', textContent: 'Decisions, newest first' }),
    make('thead', {}, make('tr', {}, ...head.map((name) => make('th', { scope: 'col', textContent: name })))),
  )
  /** @param {import('./api.js').AuditEntry} entry */
  const render = ({ at, by, action, subject, reason, outcome }) =>
    make(
      'tr',
      {},
      make('td', {}, moment(at)),
      make('td', { textContent: by }),
      make('td', { textContent: subject === null ? action : `${action}: ${subject}` }),
      make('td', { textContent: reason ?? '–' }),
      make('td', { textContent: outcomeOf(outcome) }),
    )
  return createList({ path: 'audit', list, render, empty: 'Nothing has been decided.' })
}

/** @param {Record<string, unknown> | null} outcome */
function outcomeOf(outcome) {
  if (outcome === null) return 'not ended'
  // Leave out the period of an exclusion: the list of exclusions shows it.
  const parts = Object.entries(outcome).filter(([name]) => name !== 'from' && name !== 'to')
  return parts.map(([name, value]) => `${name} ${String(value)}`).join(', ') || 'done'
}
