import { lastGivenId } from '../../domain/ids.ts'
import type { PostgresDatabase } from './postgres-database.ts'
import { isLockTimeout, keptLocked, patienceMs } from './row-locks.ts'

const attempts = 20
const pauseMs = 50

/**
 * Moves the sequence of post ids past the ids that were given by hand or by an import. Never moves it back: the table lock keeps
 * other inserts from taking ids meanwhile. Ids above {@link lastGivenId} are ignored, since nothing comes after them.
 *
 * @throws PostRateError OVERLOADED where another transaction keeps inserting posts
 */
export async function advancePostIds(database: PostgresDatabase, posts: string): Promise<void> {
  const limits = `set local statement_timeout = '5s'; set local lock_timeout = '${patienceMs}ms'`
  for (let attempt = 1; attempt <= attempts; attempt++) {
    try {
      return await database.transaction(
        async (connection) => {
          await connection.query(`lock table ${posts} in share row exclusive mode`)
          await connection.query(`
select setval('${posts}_id_seq', given.id) from ${posts}_id_seq s,
  (select max(id) as id from ${posts} where id <= ${lastGivenId}) given
where given.id > s.last_value or (given.id = s.last_value and not s.is_called)`)
        },
        { limits },
      )
    } catch (error) {
      if (!isLockTimeout(error)) throw error
    }
    await new Promise((resolve) => setTimeout(resolve, pauseMs))
  }
  throw keptLocked('the posts')
}
