import type { Histogram } from '../../domain/histogram.ts'
import type { HistoryBucket, HistoryUnit } from '../../domain/rating-history.ts'
import type { HistoryReader, HistoryWanted } from '../../ports/history-reader.ts'
import { arrayOf, type PostgresDatabase, transactionLimits } from './postgres-database.ts'

const scores = [0, 1, 2, 3, 4, 5]

/** True in SQL for a time within one of the spans whose ends are two parameters. */
function within(starts: string, ends: string): string {
  return `exists (select from unnest(${starts}::float8[], ${ends}::float8[]) as s (starts_at, ends_at)
    where r.rated_at >= to_timestamp(s.starts_at / 1000) and r.rated_at < to_timestamp(s.ends_at / 1000))`
}

function histogramOf(which: string): string {
  return `array[${scores.map((score) => `coalesce(sum(n) filter (where score = ${score} and ${which}), 0)`).join(', ')}]::bigint[]`
}

/**
 * One pass over a post's ratings, along the primary key or the table: an index by time would cost every rating. They are counted by
 * bucket, score and mark first, which leaves few rows to be turned into histograms. Measured, a million ratings of a post among
 * two million, two busy cores: 0.5 s by day, 0.8 s by hour, which without memory of its own goes through temporary files.
 */
export class PostgresHistoryReader implements HistoryReader {
  readonly #database: PostgresDatabase

  constructor(database: PostgresDatabase) {
    this.#database = database
  }

  /** The transaction's limit ends it on the server, too, so that no repetition finds its forerunner at work. */
  async buckets({ postId, unit, asOf, counted, excluded }: HistoryWanted): Promise<HistoryBucket[]> {
    const corrected = counted.length > 0 || excluded.length > 0
    const ends = [counted, excluded].flatMap((spans) => [
      arrayOf(spans.map(({ from }) => from)),
      arrayOf(spans.map(({ to }) => to)),
    ])
    return this.#database.transaction(
      (connection) =>
        connection.query<{ start: number; counts: Histogram; excluded: Histogram }>({
          name: `history-${unit}${corrected ? '-corrected' : ''}`,
          text: this.#text(unit, corrected),
          // Of a first rating the time is cut to the millisecond, as the moment of the figures is.
          values: [postId, (asOf + 1) / 1000, ...(corrected ? ends : [])],
        }),
      { readOnly: true, limits: `${transactionLimits}; set local work_mem = '32MB'` },
    )
  }

  #text(unit: HistoryUnit, corrected: boolean): string {
    const marked = 'r.excluded_rated_at is not distinct from r.rated_at'
    const excluded = corrected
      ? `case when ${marked} then not ${within('$3', '$4')} else ${within('$5', '$6')} end`
      : `(${marked})`
    return `
select start, ${histogramOf('not excluded')} as counts, ${histogramOf('excluded')} as excluded
from (
  select date_bin('1 ${unit}', r.rated_at, to_timestamp(0)) as start, r.score, ${excluded} as excluded, count(*)::int as n
  from ${this.#database.schema}.ratings r where r.post_id = $1 and r.rated_at < to_timestamp($2::float8)
  group by 1, 2, 3) g
group by start order by start`
  }
}
