import { invalidInput } from '../errors.ts'

/** How the displayed figures follow the live ones. */
export type DisplayPolicyName = 'guard' | 'freeze' | 'live'

/** What belongs to the deployment, not to a process: all processes of one database share it. */
export interface DisplaySettings {
  display: DisplayPolicyName
  /** Length of the display window in seconds, at least 1. */
  windowSeconds: number
  /** The ranking's prior: `weight` ratings of `mean` are added to every post. */
  prior: { weight: number; mean: number }
  /** Under `guard`: stars by which the margin of an average under a spike widens in a day. */
  starPerDay: number
  /** Posts with fewer ratings show no average; 0: off. */
  minCount: number
}

/** The same in the words of a host's configuration. What is left out stays, or has its default. */
export type DisplayOptions = { [name in keyof DisplaySettings]?: DisplaySettings[name] | undefined } & {
  /** `off` is the policy `freeze`; otherwise the policy `guard` and how fast the margin of a guarded average widens. */
  spikeGuard?: 'off' | { starPerDay?: number | undefined } | undefined
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

export const quarantines = ['off', 'new', 'all'] as const
/** `new`: accounts that the host says are not established. */
export type Quarantine = (typeof quarantines)[number]

/** What the processes of a deployment share beside the display. A change holds within seconds. */
export interface RoleSettings {
  /** How many shards the relays share among themselves, 1-64. */
  relayShards: number
  /** Hours in which the background audit compares every post with its ratings once; 0: off. */
  audit: number
  /** Whether a post's history tells readers of excluded ratings: how many, which periods, and why. */
  publishExclusions: boolean
  /** Which arrivals do not count while a post's guard is armed, until somebody decides: none, those of new accounts, or all. */
  quarantine: Quarantine
  /** Hours after which the ratings of a quarantine count, when nobody has decided. */
  releaseAfterHours: number
}

/** The settings row. */
export interface Settings extends DatedSettings, RoleSettings {}

/** Settings as a host changes them. */
export type SettingsChanges = DisplayOptions & {
  relayShards?: number | undefined
  /** `off`, or hours of a whole pass. */
  audit?: 'off' | number | undefined
  publishExclusions?: boolean | undefined
  quarantine?: Quarantine | undefined
  /** 0.01-8760; holds for quarantines that begin later. */
  releaseAfterHours?: number | undefined
}

export const defaultRoleSettings: RoleSettings = {
  relayShards: 1,
  audit: 24,
  publishExclusions: true,
  quarantine: 'off',
  releaseAfterHours: 168,
}

export const defaultDisplaySettings: DisplaySettings = {
  display: 'guard',
  windowSeconds: 300,
  prior: { weight: 10, mean: 2.5 },
  starPerDay: 0.1,
  minCount: 0,
}

export const displayPolicyNames: readonly DisplayPolicyName[] = ['guard', 'freeze', 'live']

/** What a host configured, without what was left out. @throws PostRateError INVALID_INPUT where the guard is on and off */
export function readDisplayOptions(options: DisplayOptions = {}): Partial<DisplaySettings> {
  const { spikeGuard, ...settings } = options
  const given = Object.fromEntries(Object.entries(settings).filter(([, value]) => value !== undefined))
  if (spikeGuard === undefined) return given
  const display = spikeGuard === 'off' ? 'freeze' : 'guard'
  if (settings.display !== undefined && settings.display !== display)
    throw invalidInput('spikeGuard', `does not go with the display policy ${settings.display}: leave one of them out`)
  if (spikeGuard === 'off') return { ...given, display }
  if (typeof spikeGuard !== 'object' || spikeGuard === null)
    throw invalidInput('spikeGuard', "must be 'off' or { starPerDay }")
  const { starPerDay } = spikeGuard
  return { ...given, display, ...(starPerDay === undefined ? {} : { starPerDay }) }
}

/** @throws PostRateError INVALID_INPUT naming the key */
export function checkDisplaySettings(settings: DisplaySettings): DisplaySettings {
  const { display, windowSeconds, prior, starPerDay, minCount } = settings
  if (!displayPolicyNames.includes(display))
    throw invalidInput('display', `must be one of ${displayPolicyNames.join(', ')}`)
  if (!Number.isInteger(windowSeconds) || windowSeconds < 1 || windowSeconds > 86_400)
    throw invalidInput('windowSeconds', 'must be a whole number of seconds from 1 to 86400')
  if (typeof prior !== 'object' || prior === null) throw invalidInput('prior', 'must be { weight, mean }')
  if (!Number.isFinite(prior.weight) || prior.weight <= 0 || prior.weight > 1e6)
    throw invalidInput('prior', 'weight must be above 0 and at most 1000000')
  if (!Number.isFinite(prior.mean) || prior.mean < 0 || prior.mean > 5)
    throw invalidInput('prior', 'mean must be from 0 to 5')
  // Ranks are computed in integers of ten-thousandths.
  if ([prior.weight, prior.mean].some((value) => Math.round(value * 10_000) / 10_000 !== value))
    throw invalidInput('prior', 'weight and mean must have at most 4 decimals')
  if (!Number.isFinite(starPerDay) || starPerDay < 0.001 || starPerDay > 1_000)
    throw invalidInput('starPerDay', 'must be from 0.001 to 1000 stars')
  if (!Number.isInteger(minCount) || minCount < 0 || minCount > 1_000_000)
    throw invalidInput('minCount', 'must be a whole number from 0 to 1000000')
  return { display, windowSeconds, prior: { weight: prior.weight, mean: prior.mean }, starPerDay, minCount }
}

/** Reads changes of the roles' settings. @throws PostRateError INVALID_INPUT naming the key */
export function readRoleSettings(changes: SettingsChanges): Partial<RoleSettings> {
  const { relayShards, audit, publishExclusions, quarantine, releaseAfterHours } = changes
  if (relayShards !== undefined && (!Number.isInteger(relayShards) || relayShards < 1 || relayShards > 64))
    throw invalidInput('relayShards', 'must be a whole number from 1 to 64')
  const hours = audit === 'off' ? 0 : audit
  if (hours !== undefined && (!Number.isFinite(hours) || hours < 0 || hours > 8_760 || (hours > 0 && hours < 0.01)))
    throw invalidInput('audit', "must be 'off' or hours from 0.01 to 8760")
  if (publishExclusions !== undefined && typeof publishExclusions !== 'boolean')
    throw invalidInput('publishExclusions', 'must be true or false')
  if (quarantine !== undefined && !quarantines.includes(quarantine))
    throw invalidInput('quarantine', `must be one of ${quarantines.join(', ')}`)
  if (releaseAfterHours !== undefined && !(releaseAfterHours >= 0.01 && releaseAfterHours <= 8_760))
    throw invalidInput('releaseAfterHours', 'must be hours from 0.01 to 8760')
  return {
    ...(relayShards !== undefined && { relayShards }),
    ...(hours !== undefined && { audit: hours }),
    ...(publishExclusions !== undefined && { publishExclusions }),
    ...(quarantine !== undefined && { quarantine }),
    ...(releaseAfterHours !== undefined && { releaseAfterHours }),
  }
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
    a.prior.mean === b.prior.mean &&
    a.starPerDay === b.starPerDay &&
    a.minCount === b.minCount
  )
}
