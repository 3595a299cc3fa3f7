import { lastGivenId } from '../../domain/ids.ts'
import type { DatedRating } from '../../domain/rating.ts'
import { isPostRateError } from '../../errors.ts'
import type { ImportOutcome } from '../../ports/rating-store.ts'
import { advancePostIds } from './post-ids.ts'
import { arrayOf, type PostgresDatabase, type Query, sqlState } from './postgres-database.ts'
import { isRejection } from './postgres-error.ts'
import { lockedRow, type RatedRow, type RatingTables, upsertRatings } from './ratings-upsert.ts'
import { isLockTimeout } from './row-locks.ts'
import { retryContended, splitBatch } from './split-batch.ts'
import { isoTime } from './stats-row.ts'

/** Stores dated ratings; one that is not newer than what is there changes nothing. */
export async function importRatings(
  database: PostgresDatabase,
  tables: RatingTables,
  ratings: readonly DatedRating[],
  { createPosts }: { createPosts: boolean },
): Promise<ImportOutcome> {
  const postsCreated = createPosts && tables.posts !== null ? await addPosts(database, tables.posts, ratings) : 0
  const outcomes = await splitBatch(ratings, (part) => importPart(database, tables, part))
  const rejected: { n: number; reason: string }[] = []
  const rows = outcomes.map((outcome, n) => {
    if (!(outcome instanceof Error)) return outcome
    if (!isRejection(sqlState(outcome) ?? '')) throw outcome
    rejected.push({ n, reason: outcome.message })
    return null
  })
  const locked = ratings.flatMap((_, n) => (rows[n]?.locked ? [n] : []))
  return {
    changed: rows.filter((row) => row?.changed).length,
    unchanged: rows.filter((row) => row?.known && !row.locked && !row.changed).length,
    unknownPosts: ratings.flatMap((_, n) => (rows[n] === null || rows[n]?.known ? [] : [n])),
    ...(rejected.length > 0 && { rejected }),
    postsCreated,
    ...(locked.length > 0 ? { locked } : {}),
  }
}

/** Where the statement had to wait for one of several rows, `splitBatch` looks for it; a row alone is locked. */
async function importPart(
  database: PostgresDatabase,
  tables: RatingTables,
  part: readonly DatedRating[],
): Promise<RatedRow[]> {
  try {
    return await database.query<RatedRow>(importQuery(tables, part))
  } catch (error) {
    if (part.length === 1 && isLockTimeout(error)) return [lockedRow()]
    throw error
  }
}

async function addPosts(database: PostgresDatabase, posts: string, ratings: readonly DatedRating[]): Promise<number> {
  const [row] = await retryContended(() =>
    database.query<{ created: number }>({
      text: `
with made as (
insert into ${posts} (id, title, content, created_by)
select distinct id, 'Post ' || id, 'Imported with its ratings.', 'import' from unnest($1::bigint[]) as n (id) order by 1
on conflict do nothing returning id)
select count(*) as created from made`,
      values: [[...new Set(ratings.map((rating) => rating.postId).filter((id) => id <= lastGivenId))]],
    }),
  )
  const created = row?.created ?? 0
  if (created > 0)
    await advancePostIds(database, posts).catch((error: unknown) => {
      // A transaction keeps inserting posts. The next post that is created without an id tries it again.
      if (!isPostRateError(error) || error.code !== 'OVERLOADED') throw error
    })
  return created
}

/** A newer date with the same score is noted, too: the newest of several lines must win whatever their order. */
function importQuery(tables: RatingTables, ratings: readonly DatedRating[]): Query {
  return {
    name: `import-${tables.posts === null ? 'external' : 'own'}`,
    text: upsertRatings(tables, {
      input: `unnest($1::bigint[], $2::text[], $3::smallint[], $4::timestamptz[], $5::boolean[], $6::boolean[]) with ordinality as i (post_id, user_id, score, rated_at, left_out, established, n)`,
      ratedAt: 'i.rated_at',
      excludedRatedAt: 'case when i.left_out then i.rated_at end',
      set: 'score = excluded.score, previous_score = r.score, rated_at = excluded.rated_at, excluded_rated_at = excluded.excluded_rated_at, established = coalesce(excluded.established, r.established)',
      where: 'r.rated_at < excluded.rated_at',
    }),
    values: [
      arrayOf(ratings.map((r) => r.postId)),
      ratings.map((r) => r.userId),
      arrayOf(ratings.map((r) => r.score)),
      ratings.map((r) => isoTime(r.ratedAt)),
      ratings.map((r) => r.excluded === true),
      ratings.map((r) => r.established ?? null),
    ],
  }
}
