import type { Score } from '../../domain/rating.ts'
import { lateness, writeDeadline } from './write-deadline.ts'

/** What the statement says of each rating of a batch. */
export interface RatedRow {
  n: number
  known: boolean
  changed: boolean
  previous_score: Score | null
  rated_at: number | null
  /** The database's time at the statement's end. */
  now: number
  /** It took so long that its writing may have been refused. */
  late: boolean
}

/** Where ratings are, and the posts that they need; null where those are the host's. */
export interface RatingTables {
  ratings: string
  posts: string | null
}

interface UpsertParts {
  /** Rows `i` of post, user, score and their number `n`. */
  input: string
  ratedAt: string
  /** What `excluded_rated_at` is in a row that is inserted; null when left out. */
  excludedRatedAt?: string
  set: string
  where: string
  /** The parameter after whose time nothing is written. */
  deadline?: string
}

/** Rows are locked in the order of their key, so that two batches never wait for each other. */
export function upsertRatings(tables: RatingTables, part: UpsertParts): string {
  const { ratings, posts } = tables
  const timely = part.deadline ? `and clock_timestamp() < ${writeDeadline(part.deadline)}` : ''
  const known = posts === null ? 'true' : `exists (select from ${posts} p where p.id = i.post_id)`
  return `
with input as materialized (select i.*, ${known} as known from ${part.input}),
written as (
insert into ${ratings} as r (post_id, user_id, score, rated_at${part.excludedRatedAt ? ', excluded_rated_at' : ''})
select i.post_id, i.user_id, i.score, ${part.ratedAt}${part.excludedRatedAt ? `, ${part.excludedRatedAt}` : ''} from input i where i.known ${timely} order by i.post_id, i.user_id
on conflict (post_id, user_id) do update set ${part.set} where ${part.where} ${timely}
returning r.post_id, r.user_id, r.previous_score, r.rated_at)
select i.n::int - 1 as n, i.known, w.post_id is not null as changed, w.previous_score,
coalesce(w.rated_at, s.rated_at) as rated_at${part.deadline ? `, ${lateness(part.deadline)}` : ''}
from input i
left join written w using (post_id, user_id)
left join ${ratings} s on w.post_id is null and s.post_id = i.post_id and s.user_id = i.user_id
order by i.n`
}
