import { needs } from '../helpers/requires.ts'
import { runRows } from './row.ts'
import { storeRows } from './store-rows.ts'
import { startStoreStage } from './store-stage.ts'
import { tableOf } from './table.ts'

needs('postgres', 'redis')('bad input past the library: by SQL and in Redis', async (t) => {
  const table = tableOf(t)
  await runRows(storeRows, await startStoreStage(t), 'library', table.add)
  table.judge()
})
