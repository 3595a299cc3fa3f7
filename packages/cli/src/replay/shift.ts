import { type Displayed, displayPolicies, type GuardState } from 'post-rate'
import { countOf, sumOf } from '../simulate/policies.ts'
import type { DisplayPolicy } from './policies.ts'

const secondsPerDay = 86_400
const leastCount = 10
/** Stars in all by which the ratings of a day may differ, whatever their number. */
const leastShift = 20
/** Standard deviation of a score, in stars, and how many of them are chance. */
const deviation = 1.1
const chance = 4

/** The guard's own memory stays empty: this policy keeps its memory beside it. */
const noMemory = {} as GuardState['memory']

interface ShiftDisplayed extends Displayed {
  /** Signed distance of about a day's arrivals from the average, in stars. */
  shift: number
  /** Arrivals of about a day. */
  arrivals: number
  /** The average that stays while the policy is armed. */
  held: number
}

/**
 * A baseline that looks at numbers and scores: arrivals of about a day times their mean distance from the average. While it is more
 * than chance, the average stays.
 */
export const shiftPolicy: DisplayPolicy = {
  step(previous, live, asOf, settings): ShiftDisplayed {
    const open = displayPolicies.freeze.step(previous, live, asOf, settings)
    const was: ShiftDisplayed = { shift: 0, arrivals: 0, held: 0, ...previous }
    const usual = was.guard?.armed ? was.held : (previous.average ?? 0)
    const windows = Math.max(1, Math.round((asOf - previous.asOf) / (1_000 * settings.windowSeconds)))
    const kept = Math.max(0, 1 - settings.windowSeconds / secondsPerDay) ** windows
    const arrived = countOf(live.counts) - countOf(previous.counts)
    const apart = sumOf(live.counts) - sumOf(previous.counts) - arrived * usual
    // The first ratings have nothing to differ from.
    const young = countOf(previous.counts) < leastCount
    const shift = young ? 0 : was.shift * kept + apart
    const arrivals = young ? 0 : was.arrivals * kept + Math.max(0, arrived)
    const armed = Math.abs(shift) > Math.max(leastShift, chance * deviation * Math.sqrt(arrivals))
    const since = armed === (was.guard?.armed ?? false) ? (was.guard?.since ?? asOf) : asOf
    const gap = armed ? usual - (open.average ?? 0) : 0
    const guard = { armed, gap, since, memory: noMemory }
    return { ...open, average: armed ? usual : open.average, guard, shift, arrivals, held: armed ? usual : 0 }
  },
  pending: ({ counts, guard }, live) =>
    guard?.armed === true || live.counts.some((n, score) => n !== (counts[score] as number)),
}
