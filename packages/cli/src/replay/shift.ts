import { type Displayed, displayPolicies } from 'post-rate'
import { countOf, sumOf } from '../simulate/policies.ts'
import type { DisplayPolicy } from './policies.ts'

const secondsPerDay = 86_400
const leastCount = 10
/** Stars in all by which the ratings of a day may differ, whatever their number. */
const leastShift = 20
/** Standard deviation of a score, in stars, and how many of them are chance. */
const deviation = 1.1
const chance = 4

/**
 * A baseline that looks at numbers and scores: arrivals of about a day times their mean distance from the average. While it is more
 * than chance, the average stays. Memory: the signed distance in stars, the arrivals, the average that stays.
 */
export const shiftPolicy: DisplayPolicy = {
  step(previous, live, asOf, settings): Displayed {
    const open = displayPolicies.freeze.step(previous, live, asOf, settings)
    const was = previous.guard
    const [shift = 0, arrivals = 0, held = 0] = was?.memory ?? []
    const usual = was?.armed ? held : (previous.average ?? 0)
    const windows = Math.max(1, Math.round((asOf - previous.asOf) / (1_000 * settings.windowSeconds)))
    const kept = Math.max(0, 1 - settings.windowSeconds / secondsPerDay) ** windows
    const arrived = countOf(live.counts) - countOf(previous.counts)
    const apart = sumOf(live.counts) - sumOf(previous.counts) - arrived * usual
    // The first ratings have nothing to differ from.
    const young = countOf(previous.counts) < leastCount
    const memory = young ? ([0, 0] as const) : ([shift * kept + apart, arrivals * kept + Math.max(0, arrived)] as const)
    const most = Math.max(leastShift, chance * deviation * Math.sqrt(memory[1]))
    const armed = Math.abs(memory[0]) > most
    const guard = {
      armed,
      gap: armed ? usual - (open.average ?? 0) : 0,
      since: armed === (was?.armed ?? false) ? (was?.since ?? asOf) : asOf,
      memory: [...memory, armed ? usual : 0],
    }
    return { ...open, average: armed ? usual : open.average, guard }
  },
  pending: ({ counts, guard }, live) =>
    guard?.armed === true || live.counts.some((n, score) => n !== (counts[score] as number)),
}
