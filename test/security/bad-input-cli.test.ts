import { withPostgres } from '../helpers/requires.ts'
import { cliRows } from './cli-rows.ts'
import { startCliStage } from './cli-stage.ts'
import { runRows } from './row.ts'
import { tableOf } from './table.ts'

withPostgres('bad input to commands and their configuration', async (t) => {
  const table = tableOf(t)
  await runRows(cliRows, await startCliStage(t), 'post-rate', table.add)
  table.judge()
})
