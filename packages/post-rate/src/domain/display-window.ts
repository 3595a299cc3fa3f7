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

/** Times further ahead than this come from a clock that was set back since: clocks of one database are nearer to each other. */
const clockSlackMs = 5_000

/** True for a time that lies in the future, so that it was noted under a clock that was ahead. */
export function isAhead(time: number, now: number): boolean {
  return time > now + clockSlackMs
}

/** A time, or the present where a clock that was ahead has put it into the future. */
export function notAhead(time: number, now: number): number {
  return isAhead(time, now) ? now : time
}

/** Settings that hold for a post, and since when, where that is known: before it the post had windows of another length. */
export interface SettingsInForce extends DisplaySettings {
  since?: number
}

/** The settings in force for a post at `time`; see {@link DatedSettings}. */
export function settingsAt(settings: DatedSettings, postId: number, time: number): SettingsInForce {
  if (settings.previous === null) return settings
  const changes: DatedSettings[] = []
  for (let change: DatedSettings | null = settings; change !== null; change = change.previous) changes.unshift(change)
  const [first, ...later] = changes as [DatedSettings, ...DatedSettings[]]
  const intervals: { from: number; settings: SettingsInForce }[] = [{ from: Number.NEGATIVE_INFINITY, settings: first }]
  const holding = (at: number) => intervals.findLast(({ from }) => from <= at)?.settings ?? first
  for (const change of later) {
    // Soon after another change the post may still be in a window of the settings before both.
    const before = holding(change.effectiveAt)
    const from =
      before.display === 'live' ? change.effectiveAt : windowEndAt(postId, change.effectiveAt, before.windowSeconds)
    intervals.push({ from, settings: { ...change, since: from } })
  }
  return holding(time)
}

/** No window that is under way ends later than so many milliseconds from now, clocks that differ a little included. */
export function longestWindowMs(settings: DatedSettings): number {
  let longest = 0
  for (let change: DatedSettings | null = settings; change !== null; change = change.previous)
    longest = Math.max(longest, change.windowSeconds)
  return 1_000 * longest + clockSlackMs
}

/** MurmurHash3's 32-bit finalizer over both halves of the id: neighbours land far apart. Unsigned. */
function hashPostId(postId: number): number {
  let hash = (postId ^ Math.floor(postId / 2 ** 32)) >>> 0
  hash = Math.imul(hash ^ (hash >>> 16), 0x85ebca6b)
  hash = Math.imul(hash ^ (hash >>> 13), 0xc2b2ae35)
  return (hash ^ (hash >>> 16)) >>> 0
}
