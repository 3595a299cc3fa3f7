import { make } from '../stars/make.js'
import { ask } from './api.js'
import { createDecision, effects, folded } from './decision.js'
import { exclusionList, incidentList } from './lists.js'
import { plural, postName, stars } from './words.js'

/**
 * What the search found: figures of a post, its incidents and exclusions, and a form for another exclusion.
 * @param {import('./api.js').Post} post
 * @param {(text: string) => void} decided
 */
export function createPost(post, decided) {
  const { id, title, live, displayed } = post
  const incidents = incidentList(`incidents?postId=${id}`, decided, 'No incident of this post is known.')
  const exclusions = exclusionList(`exclusions?postId=${id}`, decided)
  const element = make(
    'article',
    {},
    make('h3', { textContent: postName(id, title) }),
    make(
      'dl',
      { className: 'figures' },
      figure('Readers see', displayed.average, displayed.count),
      figure('All counted ratings', live.average, live.count),
    ),
    make('p', {
      textContent:
        displayed.guard === null ? 'The guard is not holding its average.' : 'The guard is holding its average.',
    }),
    make('h4', { textContent: 'Incidents of this post' }),
    incidents.element,
    make('h4', { textContent: 'Excluded periods of this post' }),
    exclusions.element,
    folded('Exclude a period of its ratings', () => periodForm(id, decided)),
  )
  return { element, reload: () => Promise.all([incidents.reload(), exclusions.reload()]) }
}

/** @param {string} name @param {number | null} average @param {number} count */
function figure(name, average, count) {
  const value = make('strong', { textContent: stars(average) })
  return make('div', {}, make('dt', { textContent: name }), make('dd', {}, value, ` ${plural(count, 'rating')}`))
}

/** @param {number} postId @param {(text: string) => void} decided */
function periodForm(postId, decided) {
  const from = make('input', { type: 'datetime-local', name: 'from', step: '1', required: true })
  const to = make('input', { type: 'datetime-local', name: 'to', step: '1' })
  const standing = make(
    'select',
    { name: 'standing' },
    ...['', 'new', 'established', 'unknown'].map((value) =>
      make('option', { value, textContent: value === '' ? 'All accounts' : `Accounts of standing: ${value}` }),
    ),
  )
  const exclude = {
    name: 'Do not count this period',
    /** @param {object} note */
    send: (note) =>
      ask('exclusions', {
        ...note,
        postId,
        from: new Date(from.value).toISOString(),
        ...(to.value && { to: new Date(to.value).toISOString() }),
        ...(standing.value && { standing: standing.value }),
      }),
    /** @param {import('./api.js').Plan} plan */
    describe: (plan) =>
      effects(plan, `${plural(plan.ratings, 'rating')} would stop counting. They stay what their users gave.`),
    /** @param {import('./api.js').Plan} plan */
    done: ({ ratings }) =>
      `${plural(ratings, 'rating')} on post ${postId} no longer count. Readers see it at the next update.`,
  }
  const fields = [
    make('label', {}, 'From, in your time', from),
    make('label', {}, 'To; empty: now', to),
    make('label', {}, 'Whose ratings', standing),
  ]
  return createDecision({ fields, choices: [exclude], decided })
}
