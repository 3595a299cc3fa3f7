import { displayPolicies, type Histogram } from 'post-rate'
import { countOf } from '../simulate/policies.ts'
import type { ReplayRating } from './ratings.ts'
import { shiftPolicy } from './shift.ts'

export type DisplayPolicy = (typeof displayPolicies)['freeze']

const hourMs = 3_600_000
const dayMs = 24 * hourMs
const embargoMs = 36 * hourMs
const never = Number.POSITIVE_INFINITY

/** A period; `to` is null where it goes on. Milliseconds since the epoch. */
export interface Period {
  from: number
  to: number | null
}

/**
 * The armed period to which a rating belongs. `from` is the end of the window whose ratings armed the guard: these belong to it,
 * because no average had shown them yet.
 */
export interface Armed {
  from: number
}

/** The fate of a rating: it counts at once, it counts later, or it never counts. */
export type Fate = 'counted' | 'delayed' | 'lost'

/** When a rating counts, in milliseconds since the epoch. */
export interface Spell {
  from: number
  /** When a person takes it out again; Infinity: never. */
  until: number
  /** When it takes the place of the same user's earlier rating; Infinity: never. */
  replaces: number
}

/** The ratings that count at a moment. */
export interface Tally {
  counts: Histogram
  /** Sums of the weights, and of weight times score. */
  weight: number
  sum: number
  /** Milliseconds since the post's first rating. */
  age: number
}

/** A display policy to replay. All fields but the first two have the default of the policy `freeze`. */
export interface ReplayPolicy {
  name: string
  what: string
  /** The column without which the policy knows nothing. */
  needs?: 'established' | 'raid'
  /** When a rating counts; `armed` is null while the guard is not. Without it each rating counts at once, for ever. */
  spell?(rating: ReplayRating, armed: Armed | null): Spell
  /** The guard whose armed periods matter: the one that shows (`own`), or one beside it that sees all ratings (`all`). */
  guard?: 'own' | 'all'
  /** The step from window to window. */
  display?: DisplayPolicy
  /** The weight of a rating of this moment. */
  weight?(at: number): number
  /** The average of what counts, in the place of the mean. */
  average?(tally: Tally): number | null
  /** Age of the post in milliseconds until which `average` changes by itself. Default: it never does. */
  changesUntil?: number
}

/** The shipped policies, then what else a site could do. */
export const replayPolicies: readonly ReplayPolicy[] = [
  { name: 'freeze', what: 'the true average at the end of each window', display: displayPolicies.freeze },
  { name: 'guard', what: 'the spike guard', display: displayPolicies.guard, guard: 'own' },
  {
    name: 'delay-24h',
    what: 'each rating counts 24 hours later',
    spell: ({ at }) => counted({ from: at + dayMs, replaces: at + dayMs }),
  },
  {
    name: 'excise',
    what: 'a person removes the ratings of the armed period, 24 hours after its begin',
    guard: 'all',
    spell: ({ at }, armed) => counted({ from: at, until: armed === null ? never : Math.max(at, armed.from + dayMs) }),
  },
  {
    name: 'closed',
    what: 'nobody can rate while the guard is armed',
    guard: 'all',
    spell: ({ at }, armed) => (armed === null || at < armed.from ? counted({ from: at }) : refused),
  },
  {
    name: 'embargo',
    what: 'no average in the first 36 hours after the first rating',
    average: ({ age, sum, weight }) => (age < embargoMs ? null : sum / weight),
    changesUntil: embargoMs,
  },
  { name: 'median', what: 'the median in the place of the mean', average: ({ counts }) => medianOf(counts) },
  {
    name: 'half-life',
    what: 'the weight of a rating halves every 30 days',
    // Weights that double with later ratings have the same mean as weights that halve with time.
    weight: (at) => 2 ** ((at - Date.UTC(2020, 0)) / (30 * dayMs)),
  },
  {
    name: 'shift',
    what: 'the average is held while many ratings of other scores than usual arrive',
    display: shiftPolicy,
    guard: 'own',
  },
  {
    name: 'established',
    what: 'only ratings of established accounts count',
    needs: 'established',
    spell: ({ at, established }) => (established === true ? counted({ from: at }) : refused),
  },
  {
    name: 'quarantine-new',
    what: 'ratings of other accounts do not count that arrive while the guard is armed; nobody releases them',
    needs: 'established',
    guard: 'own',
    display: displayPolicies.guard,
    spell: ({ at, established }, armed) =>
      armed === null || established === true ? counted({ from: at }) : counted({ from: never, replaces: at }),
  },
  {
    name: 'quarantine-all',
    what: 'no rating counts that arrives while the guard is armed; nobody releases them',
    guard: 'own',
    display: displayPolicies.guard,
    spell: ({ at }, armed) => counted({ from: armed === null ? at : never, replaces: at }),
  },
  {
    name: 'oracle',
    what: 'no rating of the raid counts',
    needs: 'raid',
    spell: ({ at, raid }) => (raid === true ? refused : counted({ from: at })),
  },
]

const refused: Spell = { from: never, until: never, replaces: never }

/** Without `replaces`, it takes the place of the earlier rating when it counts. */
function counted({ from, until = never, replaces = from }: Partial<Spell> & { from: number }): Spell {
  return { from, until, replaces }
}

/** Null at count 0; between two scores their mean. */
export function medianOf(counts: Histogram): number | null {
  const count = countOf(counts)
  if (count === 0) return null
  const at = (place: number) => {
    let [score, passed] = [0, counts[0]]
    while (passed <= place) passed += counts[++score] as number
    return score
  }
  return (at(Math.floor((count - 1) / 2)) + at(Math.floor(count / 2))) / 2
}
