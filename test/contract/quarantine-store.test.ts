import test, { type ExecutionContext } from 'ava'
import pg from 'pg'
import { createContainer, partOf } from '../../packages/post-rate/src/container.ts'
import { cleanUp } from '../helpers/clean-up.ts'
import { withPostgres } from '../helpers/requires.ts'
import { everything } from './incident-store.ts'
import { disarm, quarantined, quarantineStoreCases } from './quarantine-store.ts'
import {
  countsOf,
  declare,
  foldAll,
  onMemory,
  onPostgres,
  type PostgresTestRecord,
  suspects,
  type TestRecord,
} from './record.ts'

const note = { by: 'ada', reason: 'no raid' }
const upsert = `insert into post_rate.ratings (post_id, user_id, score) values (1, $1, $2)
on conflict (post_id, user_id) do update set score = excluded.score, rated_at = excluded.rated_at
where ratings.score is distinct from excluded.score`

declare('memory', test as never, quarantineStoreCases, onMemory)
declare('postgres', withPostgres, quarantineStoreCases, onPostgres)

withPostgres(
  'postgres: SQL by hand is held, and a rating in flight is waited for when a quarantine ends',
  async (t) => {
    const record = await quarantined(t, onPostgres, 'all')
    await record.sql(upsert, ['hand', 1])
    const host = await session(t, record)
    for (const end of ['stop', 'release'] as const) {
      await host.query('begin')
      await host.query({ text: upsert, values: [`in flight at ${end}`, 2] })
      if (end === 'stop') await disarm(record)
      else await release(record)
      t.is((await record.quarantineStore.settle()).left, 1)
      await host.query('commit')
      t.is((await record.quarantineStore.settle()).left, 0)
      await foldAll(record)
      t.deepEqual(await suspects(record), [])
      t.deepEqual(await countsOf(record, [1]), [end === 'stop' ? [0, 0, 0, 0, 0, 19] : [40, 1, 2, 0, 0, 19]])
    }
  },
)

withPostgres('postgres: a rating that did not see the quarantine begin is held by the second look', async (t) => {
  const record = await quarantined(t, onPostgres, 'all')
  // As if it began anew while a statement was under way that had looked for it before.
  await release(record)
  await record.quarantineStore.settle()
  const host = await session(t, record)
  await host.query('begin')
  await host.query({ text: upsert, values: ['in flight', 2] })
  await record.sql(`update post_rate.exclusions set restored_at = null, settled = false`)
  t.deepEqual(await record.quarantineStore.settle(), { moved: 40, left: 1 })
  await host.query('commit')
  t.deepEqual(await record.quarantineStore.settle(), { moved: 1, left: 0 })
  await foldAll(record)
  t.deepEqual(await countsOf(record, [1]), [[0, 0, 0, 0, 0, 20]])
  t.deepEqual(await suspects(record), [])
})

withPostgres('postgres: a transaction with an older snapshot cannot rate past a quarantine or its end', async (t) => {
  const record = await quarantined(t, onPostgres, 'all')
  const host = await session(t, record)
  await host.query('begin isolation level repeatable read')
  await host.query('select from post_rate.posts')
  await release(record)
  await record.quarantineStore.settle()
  await t.throwsAsync(host.query({ text: upsert, values: ['stale', 3] }), { code: '40001' })
  await host.query('rollback')
  await foldAll(record)
  t.deepEqual(await countsOf(record, [1]), [[40, 0, 0, 0, 0, 20]])
})

withPostgres('postgres: killed at any statement of its begin or its end, another process does the rest', async (t) => {
  const record = await quarantined(t, onPostgres, 'all')
  const begun = 'update post_rate.exclusions set restored_at = null, settled = false'
  const ended = 'update post_rate.exclusions set restored_at = now(), settled = false'
  const over = 'update post_rate.exclusions set restored_at = null, release_at = now()'
  for (const change of [ended, begun, over, begun]) {
    for (let statements = 1, killed = true; killed; statements++) {
      await record.sql(change)
      killed = await killedAfter(t, record, statements)
      t.is((await record.quarantineStore.settle()).left, 0)
      await foldAll(record)
      t.deepEqual(await countsOf(record, [1]), [[change === begun ? 0 : 40, 0, 0, 0, 0, 20]])
      t.deepEqual(await suspects(record), [])
      if (change === over) await record.sql(`update post_rate.exclusions set release_at = ends_at + interval '1 hour'`)
      // Back to what was before it.
      if (killed) {
        await record.sql(change === begun ? ended : begun)
        await record.quarantineStore.settle()
      } else t.true(statements > 6)
    }
  }
})

/** Settles in a process that sends so many statements and is gone then; resolves to false where it sent fewer. */
async function killedAfter(t: ExecutionContext<unknown>, { url }: PostgresTestRecord, statements: number) {
  const pool = new pg.Pool({ connectionString: url, max: 2 })
  cleanUp(t, () => pool.end())
  pool.on('error', () => {})
  let sent = 0
  pool.on('connect', (client) => {
    client.on('error', () => {})
    const query = client.query.bind(client) as (...values: unknown[]) => unknown
    Object.assign(client, {
      query: (...values: unknown[]) => {
        if (++sent <= statements) return query(...values)
        const { stream } = (client as unknown as { connection: { stream: { destroy(): void } } }).connection
        stream.destroy()
        throw new Error('killed')
      },
    })
  })
  await partOf(createContainer({ database: pool }), 'quarantineStore')
    .settle()
    .catch((error: unknown) => {
      if (sent <= statements) throw error
    })
  return sent > statements
}

async function release(record: TestRecord): Promise<void> {
  const [incident] = await record.incidentStore.list(everything)
  await record.quarantineStore.release(incident as NonNullable<typeof incident>, note)
}

async function session(t: ExecutionContext<unknown>, { url }: PostgresTestRecord): Promise<pg.Client> {
  const client = new pg.Client(url)
  await client.connect()
  cleanUp(t, () => client.end())
  return client
}
