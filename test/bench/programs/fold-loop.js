import pg from 'pg'
import { answering, options } from './answering.js'

// The least that folding an outbox is in SQL: a batch locked with its posts, counted, every row marked with its version and
// its state, and deleted afterwards. No windows, no ranking, nothing sent.

const batchSize = 5_000
const client = new pg.Client(options.database)
await client.connect()

const moved = (score) =>
  `l.counts[${score + 1}] + sum((b.score is not distinct from ${score})::int - (b.previous_score is not distinct from ${score})::int) over w`

const fold = `
with batch as materialized (
  select id, post_id, score, previous_score from post_rate.rating_outbox where version is null order by id limit ${batchSize} for update),
locked as materialized (
  select * from post_rate.post_stats where post_id in (select post_id from batch) order by post_id for update),
steps as materialized (
  select b.id, b.post_id, l.version + row_number() over w as version, l.activity + row_number() over w as activity,
    array[${[0, 1, 2, 3, 4, 5].map(moved).join(', ')}]::bigint[] as counts, l.displayed_counts, l.displayed_count,
    l.displayed_average, l.displayed_activity, l.as_of, l.window_end
  from batch b join locked l using (post_id) window w as (partition by b.post_id order by b.id)),
written as (
  update post_rate.post_stats s set version = n.version, counts = n.counts, activity = n.activity, changed_at = clock_timestamp()
  from (select distinct on (post_id) * from steps order by post_id, version desc) n where s.post_id = n.post_id)
update post_rate.rating_outbox o set version = n.version, state = json_build_object(
  'postId', n.post_id, 'version', n.version, 'counts', n.counts, 'activity', n.activity,
  'displayed', json_build_object('count', n.displayed_count, 'average', n.displayed_average, 'histogram', n.displayed_counts,
    'asOf', n.as_of, 'nextUpdateAt', n.window_end, 'stepAt', n.window_end, 'activity', n.displayed_activity, 'guard', null))
from steps n where o.id = n.id`

answering({
  /** Folds and deletes everything; rows per second. */
  async empty() {
    const began = performance.now()
    let rows = 0
    for (;;) {
      const { rowCount } = await client.query({ name: 'fold', text: fold })
      if (rowCount === 0) break
      rows += rowCount
      await client.query({ name: 'delete', text: 'delete from post_rate.rating_outbox where version is not null' })
    }
    return (rows / (performance.now() - began)) * 1000
  },
})
