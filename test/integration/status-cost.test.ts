import { createOpsRouter } from '@post-rate/express'
import express from 'express'
import { createPostRate } from 'post-rate'
import { cleanUp } from '../helpers/clean-up.ts'
import { withPostgres } from '../helpers/requires.ts'
import { runSql, testDatabase } from '../helpers/test-database.ts'
import { tapPostgres } from '../helpers/wire-tap.ts'
import { exchange, listen } from '../http/http-host.ts'

const pending = 50_000

withPostgres(
  'a hundred readers of /readyz with a long outbox cost one status, which reads 1,000 of its rows',
  async (t) => {
    const database = await testDatabase(t)
    const tap = await tapPostgres(t, database)
    const postRate = createPostRate({ database: tap.url })
    cleanUp(t, () => postRate.close())
    await postRate.posts.create({ title: 'One', content: 'Text', createdBy: 'author' })
    await runSql(
      database,
      `insert into post_rate.ratings (post_id, user_id, score) select 1, n, 3 from generate_series(1, ${pending}) n`,
    )
    const port = await listen(t, express().use(createOpsRouter({ postRate })))
    const ask = async (path: string) => (await exchange(port, 'GET', path, {})).status
    const readers = Array.from({ length: 100 }, (_, n) => ask(n % 2 === 0 ? '/readyz' : '/metrics'))
    t.deepEqual([...new Set(await Promise.all(readers))], [200])
    const asked = tap.statements().filter((text) => text.includes('rating_outbox') && text.includes('count(*)'))
    t.is(asked.length, 1)

    const [row] = await runSql<{ 'QUERY PLAN': [{ Plan: PlanNode }] }>(
      database,
      `explain (analyze, format json) ${asked[0]}`,
    )
    const scanned = rowsOf((row as NonNullable<typeof row>)['QUERY PLAN'][0].Plan, 'rating_outbox')
    t.true(scanned > 0 && scanned <= 1010, `${scanned} rows`)
    const rows = (await postRate.status()).outbox?.rows ?? 0
    t.true(rows >= pending && rows <= pending + 10, `${rows}`)
  },
)

interface PlanNode {
  'Relation Name'?: string
  'Actual Rows': number
  'Actual Loops': number
  Plans?: PlanNode[]
}

/** Rows that a plan took from a table, in all of its scans. */
function rowsOf(node: PlanNode, table: string): number {
  const own = node['Relation Name'] === table ? node['Actual Rows'] * node['Actual Loops'] : 0
  return own + (node.Plans ?? []).reduce((sum, part) => sum + rowsOf(part, table), 0)
}
