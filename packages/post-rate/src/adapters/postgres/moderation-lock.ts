import type { PostgresDatabase, Queryable } from './postgres-database.ts'

/** Orders the steps of moderation: those of one post after each other, and those of users after all others. */
export type ModerationScope = { postId: number } | 'users'

/**
 * A transaction under the lock of its scope. A statement of its own takes the lock, so that the next one's snapshot is younger than
 * every step before it.
 */
export async function moderating<T>(
  database: PostgresDatabase,
  scope: ModerationScope,
  work: (connection: Queryable) => Promise<T>,
): Promise<T> {
  const all = `post-rate moderation ${database.schema}`
  return database.transaction(async (connection) => {
    if (scope === 'users')
      await connection.query({ text: 'select pg_advisory_xact_lock(hashtextextended($1, 0))', values: [all] })
    else {
      // One after the other, in this order: a statement may evaluate its columns in any.
      await connection.query({ text: 'select pg_advisory_xact_lock_shared(hashtextextended($1, 0))', values: [all] })
      const post = `${all} ${scope.postId}`
      await connection.query({ text: 'select pg_advisory_xact_lock(hashtextextended($1, 0))', values: [post] })
    }
    return work(connection)
  })
}
