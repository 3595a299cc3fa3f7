import { arrivesAgainMs } from 'post-rate'

/** A rating of one post as a file has it. */
export interface RecordedRating {
  /** Milliseconds since the epoch. */
  at: number
  score: number
  /** Null where the file does not say: every record is then an account of its own. */
  user: string | null
  /** Whether it is known to belong to a raid; null: the file does not say. */
  raid: boolean | null
  /** Whether the account was established; null: the file does not say. */
  established: boolean | null
}

/** A rating in the order of time, as the relay would fold it. */
export interface ReplayRating extends RecordedRating {
  /** Whether it is an arrival of its account: one in 24 hours. */
  arrival: boolean
  /** The place of the same user's earlier rating, which this one replaces; null for a first rating. */
  replaces: number | null
}

/** Sorts the ratings of one post, and finds arrivals and replaced ratings. A repeated score is no change and is left out. */
export function inOrder(recorded: readonly RecordedRating[]): ReplayRating[] {
  const ratings: ReplayRating[] = []
  const latest = new Map<string, number>()
  for (const rating of recorded.toSorted((a, b) => a.at - b.at)) {
    const place = rating.user === null ? undefined : latest.get(rating.user)
    const earlier = place === undefined ? undefined : ratings[place]
    if (earlier?.score === rating.score) continue
    const arrival = earlier === undefined || earlier.at <= rating.at - arrivesAgainMs
    if (rating.user !== null) latest.set(rating.user, ratings.length)
    ratings.push({ ...rating, arrival, replaces: place ?? null })
  }
  return ratings
}

/** The same ratings without those of the raid. */
export function withoutRaid(ratings: readonly ReplayRating[]): ReplayRating[] {
  const places = new Map<number, number>()
  const honest: ReplayRating[] = []
  for (const [place, rating] of ratings.entries()) {
    if (rating.raid === true) continue
    let earlier = rating.replaces
    while (earlier !== null && !places.has(earlier)) earlier = ratings[earlier]?.replaces ?? null
    places.set(place, honest.length)
    honest.push({ ...rating, replaces: earlier === null ? null : (places.get(earlier) as number) })
  }
  return honest
}
