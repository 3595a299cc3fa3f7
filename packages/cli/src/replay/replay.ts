import type { GuardSettings } from 'post-rate'
import { guardSettings } from '../simulate/policies.ts'
import { joined, type Measures, measure } from './measures.ts'
import { type Point, pointsOf } from './points.ts'
import { type Period, type ReplayPolicy, replayPolicies } from './policies.ts'
import { type ReplayRating, withoutRaid } from './ratings.ts'
import { type Walk, walk } from './walk.ts'

export interface ReplayOptions {
  windowSeconds: number
  /** Seconds from one point to the next. */
  every: number
  /** Names of policies; without any all that the columns of the file allow. */
  only?: readonly string[]
  signal?: AbortSignal
  /** Called after each policy. */
  onProgress?: (done: number, total: number) => void
}

export interface PolicyReport {
  name: string
  what: string
  points: Point[]
  /** Periods in which the policy's guard is armed; those less than six hours apart are one. */
  incidents: Period[]
  metrics: Measures
}

/** Replays the ratings of one post through each policy. @throws the signal's reason when it is aborted */
export async function replay(
  ratings: readonly ReplayRating[],
  { windowSeconds, every, only = [], signal, onProgress }: ReplayOptions,
): Promise<PolicyReport[]> {
  const settings = { ...guardSettings, windowSeconds }
  const moments = momentsOf(ratings, every)
  const until = moments.at(-1)
  const policies = policiesFor(ratings, only)
  const honest = withoutRaid(ratings)
  // Where nothing is labelled as a raid, there is nothing to compare with.
  const walks = walkAll(ratings, policies, settings, until)
  const undisturbed = honest.length === ratings.length ? null : walkAll(honest, policies, settings, until)
  const reports: PolicyReport[] = []
  for (const { policy, walked } of walks) {
    const { name, what } = policy
    const points = pointsOf(ratings, walked.shown, moments)
    const metrics = measure(ratings, walked, points, undisturbed?.next().value?.walked)
    reports.push({ name, what, points, incidents: joined(walked.armed), metrics })
    onProgress?.(reports.length, policies.length)
    // A signal is handled, and the progress is drawn.
    await new Promise((resolve) => setImmediate(resolve))
    signal?.throwIfAborted()
  }
  return reports
}

/** The policies of these names, or all that the ratings have the labels for. */
export function policiesFor(ratings: readonly ReplayRating[], only: readonly string[]): ReplayPolicy[] {
  const known = {
    established: ratings.some(({ established }) => established !== null),
    raid: ratings.some(({ raid }) => raid === true),
  }
  return replayPolicies.filter(({ name, needs }) =>
    only.length > 0 ? only.includes(name) : needs === undefined || known[needs],
  )
}

/** Walks each policy; those that watch all ratings share one guard. */
export function* walkAll(
  ratings: readonly ReplayRating[],
  policies: readonly ReplayPolicy[],
  settings: GuardSettings,
  until = 0,
): Generator<{ policy: ReplayPolicy; walked: Walk }, undefined> {
  const guard = replayPolicies.find(({ name }) => name === 'guard') as ReplayPolicy
  const guarded = walk(ratings, guard, { settings, until })
  for (const policy of policies) {
    const walked = policy === guard ? guarded : walk(ratings, policy, { settings, until, watched: guarded.armed })
    yield { policy, walked: policy.guard === 'all' ? { ...walked, armed: guarded.armed } : walked }
  }
}

/** Moments at which points are taken, aligned to the clock: from after the first rating to after the last. */
export function momentsOf(ratings: readonly ReplayRating[], every: number): number[] {
  const length = 1_000 * every
  const start = Math.floor((ratings[0]?.at ?? 0) / length) + 1
  return Array.from({ length: momentCount(ratings, every) }, (_, n) => (start + n) * length)
}

export function momentCount(ratings: readonly ReplayRating[], every: number): number {
  const length = 1_000 * every
  return Math.floor((ratings.at(-1)?.at ?? 0) / length) - Math.floor((ratings[0]?.at ?? 0) / length) + 1
}
