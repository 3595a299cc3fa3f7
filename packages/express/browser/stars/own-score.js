import { make } from './make.js'
import { RequestError } from './request.js'
import { texts } from './texts.js'

/** Arrow keys pass through scores: only the one on which the reader rests is sent. */
const restMs = 250

/**
 * The reader's own rating: a radio group, shown at once, sent when the reader rests on it, and taken back where the
 * server refuses it.
 * @param {{ send(score: number | null): Promise<void>, unknown(): void }} server `unknown`: it wants to know who rates
 */
export function createOwnScore({ send, unknown }) {
  const inputs = [0, 1, 2, 3, 4, 5].map((score) =>
    make('input', { type: 'radio', name: 'score', value: String(score) }),
  )
  const choices = make('div', { className: 'choices' }, ...inputs.map(createChoice))
  const stars = make('fieldset', { className: 'stars', part: 'stars' }, make('legend', {}, texts.own), choices)
  const withdraw = make('button', { type: 'button', className: 'withdraw', textContent: texts.takeBack, hidden: true })
  const said = make('p', { className: 'said', role: 'status' })
  const signIn = make('slot', { name: 'sign-in', textContent: texts.signIn, hidden: true })
  const element = make('div', { className: 'own', part: 'own' }, signIn, stars, withdraw, said)
  /** @type {number | null} */
  let stored = null
  /** What is to be sent next; undefined when there is nothing. @type {number | null | undefined} */
  let wanted
  /** @type {ReturnType<typeof setTimeout> | undefined} */
  let timer
  let sending = false
  let changes = 0

  choices.addEventListener('change', () =>
    want(
      inputs.findIndex(({ checked }) => checked),
      restMs,
    ),
  )
  withdraw.addEventListener('click', () => {
    want(null, 0)
    inputs[0]?.focus()
  })

  return {
    element,

    /** Whether the reader may rate. @param {boolean} allowed */
    allow(allowed) {
      stars.hidden = !allowed
      signIn.hidden = allowed
      mark(stored)
    },

    /** What the server says; the reader's newer wish stays. @param {number | null} score */
    show(score) {
      if (wanted !== undefined || sending) return
      stored = score
      mark(stored)
    },

    /** Rises with everything that the reader does. */
    changes: () => changes,

    /** Sends at once what the reader has chosen. */
    flush,
  }

  /** @param {number | null} score @param {number} rest */
  function want(score, rest) {
    wanted = score
    changes++
    mark(score)
    say(score === null ? texts.takenBack : texts.given(score), false)
    clearTimeout(timer)
    timer = setTimeout(flush, rest)
  }

  /** @param {number | null} score */
  function mark(score) {
    for (const [value, input] of inputs.entries()) input.checked = value === score
    withdraw.hidden = score === null || stars.hidden
  }

  /** @param {string} text @param {boolean} bad */
  function say(text, bad) {
    said.textContent = text
    said.classList.toggle('problem', bad)
  }

  /** One request at a time, so that the latest wish is the last to arrive. */
  async function flush() {
    if (sending || wanted === undefined) return
    const score = wanted
    wanted = undefined
    sending = true
    try {
      await send(score)
      stored = score
    } catch (error) {
      if (!(error instanceof RequestError)) throw error
      // A newer wish may still be granted.
      if (wanted === undefined) {
        mark(stored)
        say(error.status === 401 ? texts.signInAgain : texts.notSaved(error.message, stored), true)
      }
      if (error.status === 401) unknown()
    } finally {
      sending = false
    }
    await flush()
  }
}

/** @param {HTMLInputElement} input @param {number} score */
function createChoice(input, score) {
  const label = make('label', {}, input, make('span', { className: 'hidden', textContent: texts.stars(score) }))
  label.dataset.score = String(score)
  return label
}
