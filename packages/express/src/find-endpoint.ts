import type { Endpoint } from './endpoint.ts'

/** What an endpoint is recognised by. */
export interface Routed {
  method: 'GET' | 'POST' | 'PUT' | 'DELETE'
  /** In OpenAPI's notation, for example `/posts/{id}`. */
  path: string
}

/** The endpoints at one path, and what its `{names}` stand for. */
export interface Place<E extends Routed = Endpoint<never>> {
  /** The pattern that was recognised. */
  path: string
  endpoints: readonly E[]
  params: Record<string, string>
  /** Value of `Allow`. */
  allow: string
}

/**
 * Recognises paths by itself: the path syntax of Express 4 and 5 differs, and so does what they do with malformed
 * percent-encoding. One slash at the end is ignored, as Express does unless told otherwise.
 * @returns a function from a path to its place, null for a path that is not the router's
 */
export function createFinder<E extends Routed>(endpoints: readonly E[]): (path: string) => Place<E> | null {
  const paths = [...new Set(endpoints.map(({ path }) => path))].map((path) => {
    const here = endpoints.filter((endpoint) => endpoint.path === path)
    const methods = here.flatMap(({ method }) => (method === 'GET' ? ['GET', 'HEAD'] : [method]))
    return { path, segments: path.split('/'), endpoints: here, allow: [...methods, 'OPTIONS'].join(', ') }
  })
  const plain = new Map(
    paths
      .filter(({ segments }) => !segments.some((segment) => segment.startsWith('{')))
      .map(({ path, endpoints, allow }) => [path, { path, endpoints, allow, params: {} }]),
  )
  return (path) => {
    const place = plain.get(path)
    if (place !== undefined) return place
    const segments = path.replace(/(?<=.)\/$/, '').split('/')
    for (const { path, segments: pattern, endpoints, allow } of paths) {
      const params = match(pattern, segments)
      if (params !== null) return { path, endpoints, params, allow }
    }
    return null
  }
}

function match(pattern: readonly string[], segments: readonly string[]): Record<string, string> | null {
  if (pattern.length !== segments.length) return null
  const params: Record<string, string> = {}
  for (const [index, part] of pattern.entries()) {
    const segment = segments[index] ?? ''
    if (!part.startsWith('{')) {
      if (part !== segment) return null
    } else if (segment === '') return null
    else params[part.slice(1, -1)] = decode(segment)
  }
  return params
}

/** Malformed percent-encoding stays as it is: no valid id has a percent sign. */
function decode(segment: string): string {
  try {
    return decodeURIComponent(segment)
  } catch {
    return segment
  }
}
