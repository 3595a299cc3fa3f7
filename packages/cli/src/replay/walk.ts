import { type Displayed, displayPolicies, type GuardSettings, type Live } from 'post-rate'
import { countOf } from '../simulate/policies.ts'
import { Counted, fateOf } from './counted.ts'
import type { Armed, DisplayPolicy, Fate, Period, ReplayPolicy, Spell } from './policies.ts'
import type { ReplayRating } from './ratings.ts'

/** From when on readers see an average, in milliseconds since the epoch. */
export interface Shown {
  at: number
  average: number | null
}

export interface Walk {
  /** In the order of time; each holds until the next. */
  shown: Shown[]
  /** In which the policy's guard is armed. */
  armed: Period[]
  /** By the place of the rating. */
  fates: Fate[]
}

export interface WalkOptions {
  settings: GuardSettings
  /** Walks on to the window that has this moment, in milliseconds since the epoch. Default: the last rating. */
  until?: number
  /** In which a guard is armed that sees all ratings: for policies with the guard `all`. */
  watched?: readonly Period[]
}

/** Steps a policy through the ratings of a post, window by window. Windows are aligned to the clock. */
export function walk(ratings: readonly ReplayRating[], policy: ReplayPolicy, options: WalkOptions): Walk {
  const steps = new Steps(ratings, policy, options)
  const windowMs = 1_000 * options.settings.windowSeconds
  const first = ratings[0]?.at ?? 0
  const last = Math.max(ratings.at(-1)?.at ?? 0, options.until ?? 0)
  const endOf = (at: number) => (Math.floor(at / windowMs) + 1) * windowMs
  for (
    let end = endOf(first);
    ;
    end = steps.idle ? Math.max(end + windowMs, endOf(steps.nextRating ?? last)) : end + windowMs
  ) {
    steps.window(end)
    if (end > last) return steps
  }
}

class Steps implements Walk {
  readonly shown: Shown[] = []
  readonly armed: Period[] = []
  readonly fates: Fate[] = []
  readonly #ratings: readonly ReplayRating[]
  readonly #policy: ReplayPolicy
  readonly #settings: GuardSettings
  readonly #windowMs: number
  readonly #watched: readonly Period[]
  readonly #counted: Counted
  readonly #first: number
  #display: Displayed
  /** Ratings before it have been scheduled. */
  #next = 0
  #watchedNow = 0

  constructor(ratings: readonly ReplayRating[], policy: ReplayPolicy, { settings, watched = [] }: WalkOptions) {
    this.#ratings = ratings
    this.#policy = policy
    this.#settings = settings
    this.#windowMs = 1_000 * settings.windowSeconds
    this.#watched = watched
    this.#counted = new Counted(ratings, this.#windowMs, policy.weight)
    this.#first = ratings[0]?.at ?? 0
    this.#display = { counts: [0, 0, 0, 0, 0, 0], average: null, asOf: this.#first, activity: 0, guard: null }
  }

  /** Whether no window changes anything until the next rating. */
  get idle(): boolean {
    return !this.#counted.isDue && !this.#changesBy(this.#display.asOf + this.#windowMs)
  }

  /** Null behind the last one. */
  get nextRating(): number | null {
    return this.#ratings[this.#next]?.at ?? null
  }

  window(end: number): void {
    const from = this.#next
    while (this.#next < this.#ratings.length && this.#rating(this.#next).at < end) this.#next++
    const armed = this.#policy.spell === undefined || from === this.#next ? null : this.#armedIn(end, from)
    for (let place = from; place < this.#next; place++) {
      const rating = this.#rating(place)
      const spell = this.#policy.spell?.(rating, armed) ?? atOnce(rating)
      this.fates.push(fateOf(rating, spell))
      this.#counted.schedule(place, spell)
    }
    // Where nothing is shown yet, the first rating is shown at once, the others at the window's end.
    this.#counted.apply(end, (at) => {
      if (countOf(this.#display.counts) === 0) this.#step(at)
    })
    if (this.#changesBy(end)) this.#step(end)
  }

  /** Whether a window's end would change what is shown or remembered. */
  #changesBy(end: number): boolean {
    const { changesUntil } = this.#policy
    const changesByItself = changesUntil !== undefined && end - this.#first < changesUntil + this.#windowMs
    return changesByItself || this.#displayPolicy.pending(this.#display, this.#counted)
  }

  /** The armed period that the window belongs to, also where the window's own ratings arm the guard. */
  #armedIn(end: number, from: number): Armed | null {
    const began = this.#policy.guard === 'own' ? this.#ownPeriod(end, from) : this.#watchedPeriod(end)
    return began === null ? null : { from: began }
  }

  #ownPeriod(end: number, from: number): number | null {
    const now = this.armed.at(-1)
    if (now?.to === null) return now.from
    const activity =
      this.#counted.activity + this.#ratings.slice(from, this.#next).filter(({ arrival }) => arrival).length
    const counts = this.#counted.preview(from, this.#next)
    const { guard } = this.#displayPolicy.step(this.#display, { counts, activity }, end, this.#settings)
    return guard?.armed ? end : null
  }

  #watchedPeriod(end: number): number | null {
    for (let period = this.#watched[this.#watchedNow]; period !== undefined; period = this.#watched[++this.#watchedNow])
      if (period.to === null || period.to >= end) return period.from <= end ? period.from : null
    return null
  }

  #step(at: number): void {
    const before = this.#display.guard?.armed ?? false
    this.#display = this.#displayPolicy.step(this.#display, this.#live, at, this.#settings)
    const armed = this.#display.guard?.armed ?? false
    if (armed && !before) this.armed.push({ from: at, to: null })
    const period = this.armed.at(-1)
    if (!armed && before && period !== undefined) period.to = at
    const average = this.#averageAt(at)
    if (this.shown.length === 0 || this.shown.at(-1)?.average !== average) this.shown.push({ at, average })
  }

  get #displayPolicy(): DisplayPolicy {
    return this.#policy.display ?? displayPolicies.freeze
  }

  get #live(): Live {
    const { counts, activity } = this.#counted
    return { counts: [...counts], activity }
  }

  #averageAt(at: number): number | null {
    const { average = this.#policy.weight && meanOfWeights } = this.#policy
    if (average === undefined || countOf(this.#display.counts) === 0) return this.#display.average
    const { counts, weight, sum } = this.#counted
    const value = average({ counts, weight, sum, age: at - this.#first })
    return value === null ? null : Math.round(value * 10_000) / 10_000
  }

  #rating(place: number): ReplayRating {
    return this.#ratings[place] as ReplayRating
  }
}

function meanOfWeights({ weight, sum }: { weight: number; sum: number }): number {
  return sum / weight
}

function atOnce({ at }: ReplayRating): Spell {
  return { from: at, until: Number.POSITIVE_INFINITY, replaces: at }
}
