import { request } from './api.js'
import { askForLogin } from './session.js'

/** Arrow keys pass through scores: only the one on which the reader rests is sent. */
const restMs = 250

/**
 * The reader's own rating: a radio group, shown at once and sent when the reader rests on it. `saved` is called when
 * the server has it.
 */
export function createOwnRating(element, post, session, saved) {
  const [stars, choices, withdraw, said, ask] = ['.stars', '.choices', '.withdraw', '.said', '.ask-login'].map((s) =>
    element.querySelector(s),
  )
  const inputs = [0, 1, 2, 3, 4, 5].map((score) => createChoice(choices, post.id, score))
  let stored = post.myScore
  /** What is to be sent next; undefined when there is nothing. */
  let wanted
  let timer
  let sending = false

  stars.hidden = session.user === null
  ask.hidden = session.user !== null
  ask.addEventListener('click', askForLogin)
  choices.addEventListener('change', (event) => want(Number(event.target.value), restMs))
  withdraw.addEventListener('click', () => {
    want(null, 0)
    inputs[0].focus()
  })
  addEventListener('pagehide', send)

  return {
    /** What the server says; the reader's newer wish stays. */
    show(myScore) {
      if (wanted !== undefined || sending) return
      stored = myScore
      mark(stored)
    },
  }

  function want(score, rest) {
    wanted = score
    mark(score)
    said.textContent = score === null ? 'Taken back.' : `You gave ${score} of 5.`
    clearTimeout(timer)
    timer = setTimeout(send, rest)
  }

  function mark(score) {
    for (const [value, input] of inputs.entries()) input.checked = value === score
    withdraw.hidden = score === null
  }

  /** One request at a time, so that the latest wish is the last to arrive. */
  async function send() {
    if (sending || wanted === undefined) return
    const score = wanted
    wanted = undefined
    sending = true
    const path = `/api/posts/${post.id}/rating`
    try {
      await (score === null ? request('DELETE', path) : request('PUT', path, { score }))
      stored = score
      saved()
    } catch (error) {
      if (wanted === undefined) mark(stored)
      said.textContent = error.status === 401 ? 'Please log in again.' : `Not saved: ${error.message}`
    } finally {
      sending = false
    }
    await send()
  }
}

function createChoice(choices, postId, score) {
  const label = document.createElement('label')
  const input = document.createElement('input')
  const name = document.createElement('span')
  input.type = 'radio'
  input.name = `score-${postId}`
  input.value = String(score)
  name.className = 'hidden'
  name.textContent = score === 1 ? '1 star' : `${score} stars`
  label.dataset.score = String(score)
  label.append(input, name)
  choices.append(label)
  return input
}
