import { invalidInput } from '../errors.ts'

/** How the displayed figures follow the live ones. */
export type DisplayPolicyName = 'freeze' | 'live'

/** What belongs to the deployment, not to a process: all processes of one database share it. */
export interface DisplaySettings {
  display: DisplayPolicyName
  /** Length of the display window in seconds, at least 1. */
  windowSeconds: number
  /** The ranking's prior: `weight` ratings of `mean` are added to every post. */
  prior: { weight: number; mean: number }
}

/**
 * Settings since a moment. A change takes effect per post: `previous` holds until the end of the window that contains
 * `effectiveAt`, because readers have been promised that end as `nextUpdateAt`. The prior alone holds at once: it moves
 * the ranking, which nobody was promised.
 */
export interface DatedSettings extends DisplaySettings {
  /** Milliseconds since the epoch, database clock. */
  effectiveAt: number
  /** What may still hold for some post; null where that is long past. */
  previous: DatedSettings | null
}

/** The settings row. */
export interface Settings extends DatedSettings {
  /** How many shards the relays share among themselves, 1-64. */
  relayShards: number
}

export const defaultDisplaySettings: DisplaySettings = {
  display: 'freeze',
  windowSeconds: 300,
  prior: { weight: 10, mean: 2.5 },
}

export const displayPolicyNames: readonly DisplayPolicyName[] = ['freeze', 'live']

/** @throws PostRateError INVALID_INPUT naming the key */
export function checkDisplaySettings(settings: DisplaySettings): DisplaySettings {
  const { display, windowSeconds, prior } = settings
  if (!displayPolicyNames.includes(display))
    throw invalidInput('display', `must be one of ${displayPolicyNames.join(', ')}`)
  if (!Number.isInteger(windowSeconds) || windowSeconds < 1 || windowSeconds > 86_400)
    throw invalidInput('window', 'must be a whole number of seconds from 1 to 86400')
  if (!Number.isFinite(prior.weight) || prior.weight <= 0 || prior.weight > 1e6)
    throw invalidInput('prior', 'weight must be above 0 and at most 1000000')
  if (!Number.isFinite(prior.mean) || prior.mean < 0 || prior.mean > 5)
    throw invalidInput('prior', 'mean must be from 0 to 5')
  // Ranks are computed in integers of ten-thousandths.
  if ([prior.weight, prior.mean].some((value) => Math.round(value * 10_000) / 10_000 !== value))
    throw invalidInput('prior', 'weight and mean must have at most 4 decimals')
  return { display, windowSeconds, prior: { weight: prior.weight, mean: prior.mean } }
}

/** Parses a prior as `weight:mean`, for example `10:2.5`. @throws PostRateError INVALID_INPUT */
export function parsePrior(text: string): DisplaySettings['prior'] {
  const match = /^([0-9]+(?:\.[0-9]+)?):([0-9]+(?:\.[0-9]+)?)$/.exec(text)
  if (!match) throw invalidInput('prior', 'must be WEIGHT:MEAN, for example 10:2.5')
  return { weight: Number(match[1]), mean: Number(match[2]) }
}

export function sameDisplaySettings(a: DisplaySettings, b: DisplaySettings): boolean {
  return (
    a.display === b.display &&
    a.windowSeconds === b.windowSeconds &&
    a.prior.weight === b.prior.weight &&
    a.prior.mean === b.prior.mean
  )
}
