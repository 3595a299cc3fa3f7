/** The answer's JSON, or an Error with a text for people. */
export async function request(method, path, body) {
  let response
  try {
    response = await fetch(path, {
      method,
      ...(body !== undefined && { headers: { 'Content-Type': 'application/json' }, body: JSON.stringify(body) }),
    })
  } catch {
    throw new Error('The server cannot be reached.')
  }
  const text = await response.text()
  const answer = /\bjson\b/.test(response.headers.get('Content-Type') ?? '') ? JSON.parse(text) : null
  if (response.ok) return answer
  throw new Error(answer?.errors?.map(problemText).join('; ') ?? answer?.detail ?? answer?.message ?? 'That failed.')
}

function problemText({ field, message }) {
  return `${field} ${message}`
}
