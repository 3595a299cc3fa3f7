import type { Score } from '../../domain/rating.ts'
import { lookup, patience } from './row-locks.ts'
import { lateness, writeDeadline } from './write-deadline.ts'

/** What the statement says of each rating of a batch. */
export interface RatedRow {
  n: number
  known: boolean
  /** Another transaction holds the rating or its post: nothing was written. */
  locked: boolean
  changed: boolean
  previous_score: Score | null
  rated_at: number | null
  /** The database's time at the statement's end. */
  now: number
  /** It took so long that its writing may have been refused. */
  late: boolean
}

export function lockedRow(): RatedRow {
  return { n: 0, known: true, locked: true, changed: false, previous_score: null, rated_at: null, now: 0, late: false }
}

/** Where ratings are, and the posts that they need; null where those are the host's. */
export interface RatingTables {
  ratings: string
  withdrawals: string
  posts: string | null
}

interface UpsertParts {
  /** Rows `i` of post, user, score, standing and their number `n`. */
  input: string
  ratedAt: string
  /** What `excluded_rated_at` is in a row that is inserted; null when left out. */
  excludedRatedAt?: string
  set: string
  where: string
  /** The parameter after whose time nothing is written. */
  deadline?: string
}

/**
 * Rows and posts that another transaction has locked are left out, so that nobody waits for them. The foreign key takes the same lock
 * on the post anyway. Rows are locked in the order of their key, so that two batches never wait for each other. What cannot be left
 * out is a first rating that another transaction has not committed yet: for that the statement's patience ends.
 */
export function upsertRatings(tables: RatingTables, part: UpsertParts): string {
  const { ratings, posts } = tables
  const timely = part.deadline ? `and clock_timestamp() < ${writeDeadline(part.deadline)}` : ''
  const known = posts === null ? 'true' : 'coalesce(p.known, false)'
  const knownPost =
    posts === null
      ? ''
      : lookup(`select true as known from ${posts} p where p.id = i.post_id and p.deleted_at is null`, 'p')
  const stored = (columns: string) =>
    `select ${columns} from ${ratings} r where r.post_id = i.post_id and r.user_id = i.user_id`
  const freePost =
    posts === null
      ? ''
      : `cross join lateral (
select from ${posts} p where p.id = i.post_id and p.deleted_at is null for key share skip locked) p`
  return `
with ${patience},
input as materialized (select i.*, ${known} as known from patience cross join ${part.input} ${knownPost}),
free as materialized (
select i.n from input i ${freePost}
left join lateral (${stored('true as found')} for no key update skip locked) r on true
${lookup(stored('true as found'), 'e')}
where i.known and (r.found or e.found is null)),
written as (
insert into ${ratings} as r (post_id, user_id, score, rated_at, established${part.excludedRatedAt ? ', excluded_rated_at' : ''})
select i.post_id, i.user_id, i.score, ${part.ratedAt}, i.established${part.excludedRatedAt ? `, ${part.excludedRatedAt}` : ''} from input i join free using (n) where true ${timely} order by i.post_id, i.user_id
on conflict (post_id, user_id) do update set ${part.set} where ${part.where} ${timely}
returning r.post_id, r.user_id, r.previous_score, r.rated_at)
select i.n::int - 1 as n, i.known, i.known and f.n is null as locked, w.post_id is not null as changed, w.previous_score,
coalesce(w.rated_at, s.rated_at) as rated_at${part.deadline ? `, ${lateness(part.deadline)}` : ''}
from input i
left join free f using (n)
left join written w using (post_id, user_id)
${lookup(`${stored('r.rated_at')} and w.post_id is null`, 's')}
order by i.n`
}
