import type { Status } from 'post-rate'

export interface Readiness {
  ready: boolean
  /** Why it is not ready. */
  reasons: string[]
  /** What is wrong although requests can be served: a cache or a bus away makes nothing unready. */
  warnings: string[]
}

/** Ready: PostgreSQL can be reached and has the schema, and every role that this process started makes progress. */
export function readiness(status: Status | null): Readiness {
  if (status === null) return { ready: false, reasons: ['The status cannot be read.'], warnings: [] }
  const { postgres, redis, kafka } = status.dependencies
  const served = postgres.reachable && postgres.detail === ''
  const reasons = served ? [] : [say('postgres', postgres.detail, 'cannot be reached')]
  for (const [name, role] of Object.entries(status.roles)) {
    if (role !== null && !role.healthy) reasons.push(say(name, role.detail, 'makes no progress'))
  }
  const warnings = Object.entries({ redis, kafka })
    .filter(([, dependency]) => dependency.configured && !dependency.reachable)
    .map(([name, dependency]) => say(name, dependency.detail, 'cannot be reached'))
  const relays = status.leases?.some(({ name, secondsLeft }) => name.startsWith('relay:') && secondsLeft > 0)
  if (reasons.length === 0 && relays === undefined)
    warnings.push(say('relay', status.unknown.leases ?? '', 'unknown whether one runs'))
  else if (reasons.length === 0 && !relays)
    warnings.push('relay: none runs, so no rating is counted: `postRate.start({ relay: true })`, or `post-rate relay`')
  return { ready: reasons.length === 0, reasons, warnings }
}

function say(name: string, detail: string, otherwise: string): string {
  return `${name}: ${detail === '' ? otherwise : detail}`
}
