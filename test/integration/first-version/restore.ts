import { readFile } from 'node:fs/promises'
import type { ExecutionContext } from 'ava'
import { Redis } from 'ioredis'
import { migrations } from '../../../packages/post-rate/src/adapters/postgres/migrations/index.ts'
import { PostgresDatabase } from '../../../packages/post-rate/src/adapters/postgres/postgres-database.ts'
import {
  PostgresSchema,
  type SchemaTimings,
} from '../../../packages/post-rate/src/adapters/postgres/postgres-schema.ts'
import { silentLogger } from '../../../packages/post-rate/src/ports/logger.ts'
import { cleanUp } from '../../helpers/clean-up.ts'
import { runSql, testDatabase } from '../../helpers/test-database.ts'
import type { TestRedis } from '../../helpers/test-redis.ts'

/** A database of the first version with all that it held. Resolves with its URL. */
export async function firstVersion(t: ExecutionContext<unknown>): Promise<string> {
  const url = await testDatabase(t, { migrated: false })
  await runSql(url, await readFile(new URL('database.sql', import.meta.url), 'utf8'))
  // It did not move: this server is the one that it was made on.
  await runSql(
    url,
    `update post_rate.settings set physical_database =
       (select system_identifier || ':' || left(pg_walfile_name(pg_current_wal_lsn()), 8) from pg_control_system())`,
  )
  return url
}

/** Its copies in Redis, as they were when its relay stopped. */
export async function firstCopies({ url, prefix }: TestRedis): Promise<void> {
  const hashes: Record<string, Record<string, string>> = JSON.parse(
    await readFile(new URL('redis.json', import.meta.url), 'utf8'),
  )
  const redis = new Redis(url)
  for (const [key, hash] of Object.entries(hashes)) await redis.hset(prefix + key, hash)
  await redis.quit()
}

/** The schema as the version knows it that has the migrations up to this one. */
export function schemaOfVersion(
  t: ExecutionContext<unknown>,
  url: string,
  version: number,
  timings?: Partial<SchemaTimings>,
): PostgresSchema {
  const database = new PostgresDatabase({ database: url }, silentLogger)
  cleanUp(t, () => database.close())
  return new PostgresSchema(database, migrations.slice(0, version), timings)
}
