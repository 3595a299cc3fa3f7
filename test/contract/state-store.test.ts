import test from 'ava'
import { memoryPorts } from '../../packages/post-rate/src/adapters/memory/memory-ports.ts'
import { MemoryRecord } from '../../packages/post-rate/src/adapters/memory/memory-record.ts'
import { withPostgres } from '../helpers/requires.ts'
import { declare, onMemory, onPostgres } from './record.ts'
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
