import { settledUsers } from './excluded-users-sql.ts'
import { misranked, rankSettings } from './stats-row.ts'

const scores = [0, 1, 2, 3, 4, 5]
export const histogramOfRatings = `array[${scores.map((score) => `count(*) filter (where score = ${score})`).join(', ')}]`
const histogramOfDeltas = `array[${scores
  .map((score) => `count(*) filter (where score = ${score}) - count(*) filter (where previous_score = ${score})`)
  .join(', ')}]`
/** Hardly a post has changes that wait, and taking every array apart would cost as much as all the joins. */
const expectedCounts = `case when d.counts is null then coalesce(a.counts, '{0,0,0,0,0,0}')
  else array(select coalesce(a.counts[i], 0) - coalesce(d.counts[i], 0) from generate_series(1, 6) as i) end`

/**
 * The ratings that count, so without excluded ones. As a filter, it is looked at once a rating: a seventh of an audit's time. A rating
 * of an excluded user counts for nothing also where its mark is missing, since it bypassed the triggers.
 */
export function countedRatings(schema: string): string {
  return `(select post_id, score from ${schema}.ratings where excluded_rated_at is distinct from rated_at
  and user_id not in ${settledUsers(schema)})`
}

/**
 * True in SQL where the displayed average of `s` is not that of the displayed counts, and the guard does not hold it back. Half of
 * the last decimal more is no difference: an average that lies in the middle may be rounded either way.
 */
const wrongAverage = `(coalesce((s.guard->>'gap')::numeric, 0) = 0 and case when s.displayed_count = 0 then s.displayed_average is not null
  else s.displayed_average is null or abs(s.displayed_average * s.displayed_count - (${scores
    .map((score) => `${score} * s.displayed_counts[${score + 1}]`)
    .join(' + ')})) > 0.0001 * s.displayed_count end)`

/**
 * The posts whose state is not what it should be: `postId`, the state's `version`, the counts that are `expected`.
 * `range` says which posts, by the name of their id; `own`: every post must have a state, rated or not.
 */
export function differing(schema: string, range: (id: string) => string, own: boolean): string {
  const within = range('post_id')
  const stateless = `
union all
select p.id, null, '{0,0,0,0,0,0}'
from ${schema}.posts p where ${range('p.id')}
  and not exists (select from ${schema}.post_stats s where s.post_id = p.id)
  and not exists (select from ${countedRatings(schema)} r where r.post_id = p.id)`
  return `
select coalesce(s.post_id, a.post_id, d.post_id) as "postId", s.version, e.expected
from (select * from ${schema}.post_stats where ${within}) s
full join (select post_id, ${histogramOfRatings} as counts from ${countedRatings(schema)} r where ${within} group by post_id) a
  on a.post_id = s.post_id
full join (select post_id, ${histogramOfDeltas} as counts from ${schema}.rating_outbox
  where version is null and kind = 'rating' and ${within} group by post_id) d on d.post_id = coalesce(s.post_id, a.post_id)
cross join lateral (select ${expectedCounts} as expected) e
cross join ${rankSettings(schema)} c
where coalesce(s.counts, '{0,0,0,0,0,0}') is distinct from e.expected
  or (s.step_at is null and not s.deleted and (s.displayed_counts is distinct from s.counts or ${wrongAverage}))
  or ${misranked}${own ? stateless : ''}
order by 1`
}

/** What the state of post $1 should have counted, and whether it is misranked. */
export function expectedOfOne(schema: string): string {
  return `
select ${expectedCounts} as expected,
  (select ${misranked} from ${schema}.post_stats s, ${rankSettings(schema)} c where s.post_id = $1) as misranked
from (select ${histogramOfRatings} as counts from ${countedRatings(schema)} r where post_id = $1) a,
  (select ${histogramOfDeltas} as counts from ${schema}.rating_outbox
    where post_id = $1 and version is null and kind = 'rating') d`
}
