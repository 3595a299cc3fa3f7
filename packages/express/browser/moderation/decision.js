import { make } from '../stars/make.js'
import { ApiError } from './api.js'
import { plural, stars } from './words.js'

/**
 * One thing that a moderator may decide.
 * @typedef {object} Choice
 * @property {string} name on the button, for example `Do not count them`
 * @property {(note: { reason: string, dryRun: boolean }) => Promise<any>} send
 * @property {(plan: any) => (Node | string)[]} describe what it would do
 * @property {(result: any) => string} done what it did, for people
 */

/**
 * A form with a reason and a button per choice. A button shows what the choice would do; a second one carries it out.
 * @param {object} options
 * @param {HTMLElement[]} [options.fields] shown before the reason
 * @param {Choice[]} options.choices
 * @param {(text: string) => void} options.decided called after it was carried out
 */
export function createDecision({ fields = [], choices, decided }) {
  const reason = make('input', { name: 'reason', required: true, maxLength: 1000, autocomplete: 'off' })
  const hint = make('span', { className: 'soft', textContent: 'It is kept, and may be shown to readers.' })
  const buttons = choices.map(({ name }) => make('button', { textContent: name }))
  const plan = make('div', { className: 'plan', role: 'group', ariaLabel: 'Preview', hidden: true })
  const problem = make('p', { className: 'problem', role: 'alert' })
  const form = make(
    'form',
    { className: 'decision' },
    ...fields,
    make('label', { className: 'wide' }, 'Reason ', hint, reason),
    make('div', { className: 'buttons' }, ...buttons),
    plan,
    problem,
  )
  let busy = false

  /** @param {() => Promise<void>} work */
  async function attempt(work) {
    if (busy) return
    busy = true
    form.ariaBusy = 'true'
    problem.textContent = ''
    try {
      await work()
    } catch (error) {
      if (!(error instanceof ApiError)) throw error
      problem.textContent = error.message
    } finally {
      busy = false
      form.ariaBusy = 'false'
    }
  }

  /** @param {HTMLButtonElement} button @param {Choice} choice @param {any} planned */
  function preview(button, choice, planned) {
    const confirm = make('button', {
      type: 'button',
      className: 'confirm',
      textContent: `Confirm: ${lowerFirst(choice.name)}`,
    })
    const cancel = make('button', { type: 'button', textContent: 'Cancel' })
    confirm.addEventListener('click', () => {
      if (form.reportValidity()) attempt(() => carryOut(choice))
    })
    cancel.addEventListener('click', () => {
      plan.hidden = true
      button.focus()
    })
    plan.replaceChildren(...choice.describe(planned), make('div', { className: 'buttons' }, confirm, cancel))
    plan.hidden = false
    confirm.focus()
  }

  /** @param {Choice} choice */
  async function carryOut({ send, done }) {
    const result = await send({ reason: reason.value, dryRun: false })
    plan.hidden = true
    form.reset()
    decided(done(result))
  }

  form.addEventListener('submit', (event) => {
    event.preventDefault()
    const button = /** @type {HTMLButtonElement} */ (event.submitter ?? buttons[0])
    const choice = choices[Math.max(0, buttons.indexOf(button))]
    if (choice) attempt(async () => preview(button, choice, await choice.send({ reason: reason.value, dryRun: true })))
  })
  return form
}

/**
 * A decision behind a line that opens it, made when it is opened first.
 * @param {string} summary @param {() => HTMLElement} create
 */
export function folded(summary, create) {
  const details = make('details', { className: 'folded' }, make('summary', { textContent: summary }))
  details.addEventListener('toggle', () => details.append(create()), { once: true })
  return details
}

/** What a decision does to a post. @param {import('./api.js').Plan} plan @param {string} first what it says of the ratings */
export function effects({ before, after }, first) {
  /** @type {[string, string, string][]} */
  const rows = [
    ['Ratings', before.count.toLocaleString('en'), after.count.toLocaleString('en')],
    ['Average', stars(before.average), stars(after.average)],
    ['Rank figure', before.rank.toFixed(3), after.rank.toFixed(3)],
  ]
  return [
    make('p', { textContent: first }),
    make(
      'table',
      { className: 'plain effects' },
      make('caption', { className: 'hidden', textContent: 'Before and after' }),
      make(
        'thead',
        {},
        make(
          'tr',
          {},
          make('td'),
          ...['Now', 'Afterwards'].map((name) => make('th', { scope: 'col', textContent: name })),
        ),
      ),
      make(
        'tbody',
        {},
        ...rows.map(([name, ...cells]) =>
          make(
            'tr',
            {},
            make('th', { scope: 'row', textContent: name }),
            ...cells.map((cell) => make('td', { textContent: cell })),
          ),
        ),
      ),
    ),
  ]
}

/** @param {import('./api.js').UsersPlan} plan @param {string} verb */
export function usersEffect({ users, ratings, posts }, verb) {
  const subject = `${plural(ratings, 'rating')} of ${plural(users, 'user')} on ${plural(posts, 'post')}`
  return `${subject} ${ratings === 1 ? verb : verb.replace(/^(\w+)s\b/, '$1')}`
}

/** @param {string} text */
function lowerFirst(text) {
  return text.charAt(0).toLowerCase() + text.slice(1)
}
