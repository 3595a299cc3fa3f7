import { averageOf, type Histogram, sameHistogram } from './histogram.ts'
import type { DisplayPolicyName } from './settings.ts'

/** What readers are shown of a post, and what its policy remembers from one window to the next. */
export interface Displayed {
  /** True at `asOf`. */
  counts: Histogram
  /** The shown mean, 4 decimals; a policy may hold it away from the mean of `counts`. Null at count 0. */
  average: number | null
  /** Milliseconds since the epoch: the moment whose figures these are. */
  asOf: number
  /** The live activity counter at `asOf`. */
  activity: number
  /** What a damping policy remembers, and what it says to readers; null when it has nothing to remember. */
  guard: GuardState | null
}

/** Memory of a damping policy. `gap` and `since` are what readers are told while it is armed. */
export interface GuardState {
  armed: boolean
  /** Shown mean minus true mean. */
  gap: number
  /** Milliseconds since the epoch. */
  since: number
  /** Figures of the policy's own, kept as they are. */
  memory: readonly number[]
}

/** The figures a policy steps towards. */
export interface Live {
  counts: Histogram
  activity: number
}

/** A pure step from one window to the next. */
export interface DisplayPolicy {
  /** What is shown from `asOf` on. */
  step(previous: Displayed, live: Live, asOf: number): Displayed
  /** True when the next window's end would change what is shown or remembered. A post with nothing pending costs nothing. */
  pending(displayed: Displayed, live: Live): boolean
}

/** The window alone: at its end the true figures are shown. */
const freeze: DisplayPolicy = {
  step: (_previous, live, asOf) => ({
    counts: live.counts,
    average: averageOf(live.counts),
    asOf,
    activity: live.activity,
    guard: null,
  }),
  pending: (displayed, live) => !sameHistogram(displayed.counts, live.counts),
}

/** No damping: every change is shown at once, so nothing is ever pending. */
const live: DisplayPolicy = { step: freeze.step, pending: () => false }

export const displayPolicies: Record<DisplayPolicyName, DisplayPolicy> = { freeze, live }
