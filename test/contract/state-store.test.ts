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
