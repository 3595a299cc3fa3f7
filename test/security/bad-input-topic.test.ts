import { withServices } from '../helpers/requires.ts'
import { runRows } from './row.ts'
import { tableOf } from './table.ts'
import { topicRows } from './topic-rows.ts'
import { startTopicStage } from './topic-stage.ts'

withServices('bad input on the topic, to a consumer in a process of its own', async (t) => {
  t.timeout(240_000)
  const table = tableOf(t)
  await runRows(topicRows, await startTopicStage(t), 'consumer', table.add)
  table.judge()
})
