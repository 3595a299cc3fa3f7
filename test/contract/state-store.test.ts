import test from 'ava'
import pg from 'pg'
import { memoryPorts } from '../../packages/post-rate/src/adapters/memory/memory-ports.ts'
import { MemoryRecord } from '../../packages/post-rate/src/adapters/memory/memory-record.ts'
import { cleanUp } from '../helpers/clean-up.ts'
import { withPostgres } from '../helpers/requires.ts'
import { addPosts, declare, onMemory, onPostgres } from './record.ts'
import { stateStoreCases } from './state-store.ts'

declare('memory', test as never, stateStoreCases, onMemory)
declare('postgres', withPostgres, stateStoreCases, onPostgres)

test('memory: a database that was moved says so until the floor is raised for it', async (t) => {
  const record = new MemoryRecord()
  const { stateStore } = memoryPorts(record)
  record.physical.now = 'b'
  t.true(await stateStore.moved())
  await stateStore.raiseFloor(2 ** 40)
  t.false(await stateStore.moved())
})

withPostgres('postgres: a database that was moved says so until the floor is raised for it', async (t) => {
  const { sql, stateStore, settingsStore } = await onPostgres(t)
  await sql(`update post_rate.settings set physical_database = '123:1'`)
  t.true(await stateStore.moved())
  await stateStore.raiseFloor(2 ** 40)
  t.false(await stateStore.moved())
  t.is((await settingsStore.load()).versionFloor, 2 ** 40)
})

withPostgres('postgres: what changed lately comes in pages, also what changes meanwhile', async (t) => {
  const { sql, stateStore } = await onPostgres(t)
  await sql(
    `insert into post_rate.posts (title, content, created_by) select 'Post', 'Text.', 'author' from generate_series(1, 2500)`,
  )
  const seen: number[][] = []
  for await (const states of (await stateStore.changedWithin(60)).pages) {
    if (seen.length === 0) await sql('update post_rate.post_stats set activity = 1, changed_at = clock_timestamp()')
    seen.push(states.map(({ postId }) => postId))
  }
  t.deepEqual(
    seen.map((ids) => ids.length),
    [1000, 1000, 500],
  )
  t.deepEqual(
    seen.flat(),
    Array.from({ length: 2500 }, (_, n) => n + 1),
  )
})

withPostgres('postgres: what commits after a look was not seen by it, however early it was written', async (t) => {
  const record = await onPostgres(t)
  await addPosts(record, 2)
  const client = new pg.Client({ connectionString: record.url })
  await client.connect()
  cleanUp(t, () => client.end())
  await client.query('begin')
  await client.query('update post_rate.post_stats set version = 1, changed_at = clock_timestamp() where post_id = 1')
  await record.sql('update post_rate.post_stats set version = 1, changed_at = clock_timestamp() where post_id = 2')
  const { seen } = await record.stateStore.changedWithin(60)
  await client.query('commit')
  const found: number[] = []
  for await (const states of (await record.stateStore.changedWithin(60, seen)).pages)
    found.push(...states.map(({ postId }) => postId))
  t.deepEqual(found, [1])
})
