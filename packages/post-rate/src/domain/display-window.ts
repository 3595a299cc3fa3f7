import type { DatedSettings, DisplaySettings } from './settings.ts'

/**
 * The end of the window in which `time` falls: aligned to the clock, shifted by a hash of the post id so that not every
 * post steps at the same instant. Times are milliseconds since the epoch. The end is exclusive: `end > time` always.
 */
export function windowEndAt(postId: number, time: number, windowSeconds: number): number {
  const length = windowSeconds * 1000
  const shift = hashPostId(postId) % length
  return (Math.floor((time - shift) / length) + 1) * length + shift
}

/** Settings that hold for a post, and since when, where that is known: before it the post had windows of another length. */
export interface SettingsInForce extends DisplaySettings {
  since?: number
}

/** The settings in force for a post at `time`; see {@link DatedSettings}. */
export function settingsAt(settings: DatedSettings, postId: number, time: number): SettingsInForce {
  const { previous, effectiveAt } = settings
  if (previous === null) return settings
  // Soon after another change the post may still be in a window of the settings before both.
  const before = settingsAt(previous, postId, effectiveAt)
  const promised = before.display === 'live' ? effectiveAt : windowEndAt(postId, effectiveAt, before.windowSeconds)
  return time < promised ? settingsAt(previous, postId, time) : { ...settings, since: promised }
}

/** MurmurHash3's 32-bit finalizer over both halves of the id: neighbours land far apart. Unsigned. */
function hashPostId(postId: number): number {
  let hash = (postId ^ Math.floor(postId / 2 ** 32)) >>> 0
  hash = Math.imul(hash ^ (hash >>> 16), 0x85ebca6b)
  hash = Math.imul(hash ^ (hash >>> 13), 0xc2b2ae35)
  return (hash ^ (hash >>> 16)) >>> 0
}
