import { make } from '../stars/make.js'
import { ask } from './api.js'
import { createChart } from './chart.js'
import { createDecision, effects, folded } from './decision.js'
import { averageOf, countOf, moment, period, plural, postName, stars } from './words.js'

/** @typedef {import('./api.js').IncidentDetails} IncidentDetails */

const states = {
  open: 'open',
  released: 'counted',
  excluded: 'not counted',
  expired: 'over, nobody decided',
}

/**
 * An incident with its evidence, and what may be decided about it. `decided` is called after a decision.
 * @param {number} id
 * @param {(text: string) => void} decided
 */
export function createIncident(id, decided) {
  const title = make('h3', { id: `incident-${id}` })
  const facts = make('p', { className: 'facts' })
  const decision = make('p', { className: 'said' })
  const figures = make('dl', { className: 'figures' })
  const chart = createChart()
  const choices = make('div')
  const element = make(
    'article',
    { className: 'incident' },
    make('header', {}, title, facts, decision),
    figures,
    chart.element,
    choices,
  )
  element.setAttribute('aria-labelledby', title.id)
  /** Of what the form was made: it stays as it is while figures change. */
  let kind = ''

  /** @param {IncidentDetails} incident @param {boolean} restored */
  function show(incident, restored) {
    title.replaceChildren(postName(incident.postId, incident.post?.title), ' ', stateOf(incident))
    facts.replaceChildren(...factsOf(incident))
    decision.hidden = incident.decidedBy === null
    decision.replaceChildren(...decisionOf(incident))
    if (restored) decision.append(make('br'), 'The exclusion has ended since: the ratings count again.')
    figures.replaceChildren(...figuresOf(incident))
    chart.show(incident)
    const now = `${incident.state} ${incident.newRaters === null}`
    if (now !== kind) choices.replaceChildren(choiceOf(incident, decided))
    kind = now
  }

  return {
    element,
    async refresh() {
      /** @type {IncidentDetails} */
      const incident = await ask(`incidents/${id}`)
      show(incident, incident.state === 'excluded' && (await isRestored(incident)))
    },
  }
}

/** Whether no exclusion of an excluded incident is active any more. @param {IncidentDetails} incident */
async function isRestored({ postId, from }) {
  /** @type {{ items: import('./api.js').Exclusion[] }} */
  const { items } = await ask(`exclusions?postId=${postId}&limit=100`)
  return !items.some((exclusion) => exclusion.restoredAt === null && exclusion.from === from)
}

/** @param {import('./api.js').Incident} incident */
export function stateOf({ state, to }) {
  const text = state === 'open' || to !== null ? states[state] : `${states[state]}, going on`
  return make('span', { className: `state ${state}`, textContent: text })
}

/** @param {IncidentDetails} incident */
function factsOf({ from, to, arrivals, largestGap, newRaters }) {
  const share = newRaters === null ? [] : [` · ${Math.round(100 * newRaters)} % new accounts`]
  return [
    `${plural(arrivals, 'arrival')} `,
    ...period(from, to),
    ` · largest gap between shown and true average: ${plural(Number(stars(largestGap)), 'star')}`,
    ...share,
  ]
}

/** @param {IncidentDetails} incident */
function decisionOf({ state, decidedBy, decidedAt, reason }) {
  if (decidedBy === null) return []
  const what = state === 'excluded' ? 'Not counted' : 'Counted'
  return [`${what}, decided by ${decidedBy}`, ...(decidedAt ? [' on ', moment(decidedAt)] : []), `: ${reason ?? ''}`]
}

/** Readers' average, that of all ratings, and that without the arrivals. @param {IncidentDetails} incident */
function figuresOf({ post, before, scores, state }) {
  if (post === null) return []
  const all = state === 'excluded' ? before.map((n, score) => n + (scores[score] ?? 0)) : null
  const without = countOf(before) === 0 ? null : averageOf(before)
  /** @type {[string, number | null, number][]} */
  const shown = [
    ['Readers see', post.displayed.average, post.displayed.count],
    all ? ['If they counted', averageOf(all), countOf(all)] : ['All ratings', post.live.average, post.live.count],
    ['Before the rush', without, countOf(before)],
  ]
  return shown.map(([name, average, count]) =>
    make(
      'div',
      {},
      make('dt', { textContent: name }),
      make('dd', {}, make('strong', { textContent: stars(average) }), ` ${plural(count, 'rating')}`),
    ),
  )
}

/** @param {IncidentDetails} incident @param {(text: string) => void} decided */
function choiceOf({ id, state, newRaters, postId }, decided) {
  const standing = make(
    'select',
    { name: 'standing' },
    make('option', { value: '', textContent: 'All accounts' }),
    make('option', { value: 'new', textContent: 'New accounts only' }),
  )
  const fields = newRaters === null ? [] : [make('label', {}, 'Whose ratings ', standing)]
  /** @param {string} action @param {object} note */
  const send = (action, note) => ask(`incidents/${id}/${action}`, note)
  const count = {
    name: 'Count them',
    /** @param {object} note */
    send: (note) => send('release', note),
    /** @param {import('./api.js').Plan} plan */
    describe: (plan) => effects(plan, 'The guard lets the average go: readers see the true one at the next update.'),
    done: () => `The ratings on post ${postId} count. Readers see the true average at the next update.`,
  }
  const exclude = {
    name: 'Do not count them',
    /** @param {object} note */
    send: (note) => send('exclude', { ...note, ...(standing.value && { standing: standing.value }) }),
    /** @param {import('./api.js').Plan} plan */
    describe: (plan) =>
      effects(plan, `${plural(plan.ratings, 'rating')} would stop counting. They stay what their users gave.`),
    /** @param {import('./api.js').Plan} plan */
    done: ({ ratings }) =>
      `${plural(ratings, 'rating')} on post ${postId} no longer count. Readers see it at the next update.`,
  }
  const create = () => createDecision({ fields, choices: [exclude, count], decided })
  return state === 'open' ? create() : folded('Decide anew', create)
}
