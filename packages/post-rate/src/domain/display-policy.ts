import { type GuardSettings, guardPending, stepGuard } from './guard.ts'
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

/** Memory of a damping policy. `gap` and `since` are what readers are told while there is a gap. */
export interface GuardState {
  /** Ratings rush in, or the shown average is still held. */
  armed: boolean
  /** Shown mean minus true mean, in whole ten-millionths. */
  gap: number
  /** When it was armed or let go, milliseconds since the epoch. */
  since: number
  /**
   * By name. Only the policy that wrote it looks into it, except for `rankedCount` and `rankedAverage`: where they are there, the post
   * is ranked by them.
   */
  memory: Readonly<Record<string, number>>
}

/** The spike guard began to hold a post's average back, or let it go again. */
export interface UnusualActivity {
  postId: number
  state: 'armed' | 'released'
  /** Shown minus true average, at most 7 decimals; 0 when it is released. */
  gap: number
  /** ISO 8601, on the database's clock; with the post it names this event. */
  at: string
}

/** The figures a policy steps towards. */
export interface Live {
  counts: Histogram
  activity: number
}

/** A pure step from one window to the next. */
export interface DisplayPolicy {
  /** What is shown from `asOf` on. */
  step(previous: Displayed, live: Live, asOf: number, settings: GuardSettings): Displayed
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
  // A gap is left over from another policy.
  pending: ({ counts, guard }, live) => !sameHistogram(counts, live.counts) || (guard !== null && guard.gap !== 0),
}

/** No damping: every change is shown at once, so nothing is ever pending. */
const live: DisplayPolicy = { step: freeze.step, pending: () => false }

/** At the window's end the true figures, but an average that holds back while unusually many ratings arrive. */
const guard: DisplayPolicy = { step: stepGuard, pending: guardPending }

export const displayPolicies: Record<DisplayPolicyName, DisplayPolicy> = { guard, freeze, live }
