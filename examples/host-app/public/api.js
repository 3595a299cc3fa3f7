/** Server's clock minus this one's, milliseconds; from `Date`, so to the second. */
let clockOffset = 0

/** The server's time, as well as it is known. */
export function serverNow() {
  return Date.now() + clockOffset
}

/** The answer's JSON, or an Error with the `status` and a text for people. */
export async function request(method, path, body) {
  let response
  try {
    response = await fetch(path, {
      method,
      // A rating that was just given is sent even when the reader leaves the page.
      keepalive: method !== 'GET',
      ...(body !== undefined && { headers: { 'Content-Type': 'application/json' }, body: JSON.stringify(body) }),
    })
  } catch {
    throw new Error('The server cannot be reached.')
  }
  const date = Date.parse(response.headers.get('Date') ?? '')
  if (!Number.isNaN(date)) clockOffset = date + 500 - Date.now()
  const text = await response.text()
  const answer = /\bjson\b/.test(response.headers.get('Content-Type') ?? '') ? JSON.parse(text) : null
  if (response.ok) return answer
  const error = new Error(
    answer?.errors?.map(problemText).join('; ') ?? answer?.detail ?? answer?.message ?? 'That failed.',
  )
  throw Object.assign(error, { status: response.status })
}

function problemText({ field, message }) {
  return `${field} ${message}`
}
