import { texts } from './texts.js'

/** What the API refused, or could not be asked; the message is for people. */
export class RequestError extends Error {
  /** @param {string} message @param {number} status 0 where there was no answer */
  constructor(message, status) {
    super(message)
    this.status = status
  }
}

/** Server's clock minus this one's, milliseconds; from `Date`, so to the second. */
let clockOffset = 0

/** The server's time, as well as it is known. */
export function serverNow() {
  return Date.now() + clockOffset
}

/**
 * The answer's JSON; null where there is none.
 * @param {(url: URL, init: RequestInit) => Promise<Response>} fetch
 * @param {string} method
 * @param {URL} url
 * @param {unknown} body
 */
export async function request(fetch, method, url, body) {
  const answer = await fetch(url, {
    method,
    // A rating that was just given is sent even when the reader leaves the page.
    keepalive: method !== 'GET',
    ...(body !== undefined && { headers: { 'Content-Type': 'application/json' }, body: JSON.stringify(body) }),
  }).catch(() => {
    throw new RequestError(texts.unreachable, 0)
  })
  const date = Date.parse(answer.headers.get('Date') ?? '')
  // An answer from a cache has the date of its making.
  if (!Number.isNaN(date) && answer.headers.get('Age') === null) clockOffset = date + 500 - Date.now()
  const isJson = /\bjson\b/.test(answer.headers.get('Content-Type') ?? '')
  const content = isJson ? await answer.json().catch(() => null) : null
  if (answer.ok) return content
  throw new RequestError(content?.detail ?? texts.failed, answer.status)
}
