import test from 'ava'
import { withPostgres } from '../helpers/requires.ts'
import { postgresBinaries } from '../helpers/services/postgres-binaries.ts'
import { runSql } from '../helpers/test-database.ts'

const wanted = process.env.TEST_POSTGRES_VERSION

withPostgres('every PostgreSQL under test has the version of TEST_POSTGRES_VERSION, where that is set', async (t) => {
  const [row] = await runSql<{ version: string }>(
    process.env.TEST_DATABASE_URL ?? '',
    "select current_setting('server_version_num') as version",
  )
  const shared = String(Math.floor(Number(row?.version) / 10_000))
  t.is(shared, wanted ?? shared)
  t.notThrows(postgresBinaries)
})

test('a version that is not installed is refused by the name of its package', (t) => {
  t.teardown(() => {
    if (wanted === undefined) delete process.env.TEST_POSTGRES_VERSION
    else process.env.TEST_POSTGRES_VERSION = wanted
  })
  process.env.TEST_POSTGRES_VERSION = '9'
  t.throws(postgresBinaries, { message: 'no PostgreSQL server binaries (Debian package `postgresql-9`)' })
})
