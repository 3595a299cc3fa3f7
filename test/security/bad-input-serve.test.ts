import { withPostgres } from '../helpers/requires.ts'
import { runRows } from './row.ts'
import { serveRows } from './serve-rows.ts'
import { startServeStage } from './serve-stage.ts'
import { tableOf } from './table.ts'

withPostgres('bad input to a server in a process of its own: large, slow, malformed', async (t) => {
  t.timeout(240_000)
  const table = tableOf(t)
  await runRows(serveRows, await startServeStage(t), 'serve', table.add)
  table.judge()
})
