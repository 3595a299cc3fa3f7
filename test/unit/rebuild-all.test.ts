import test from 'ava'
import { memoryPorts } from '../../packages/post-rate/src/adapters/memory/memory-ports.ts'
import { MemoryRecord } from '../../packages/post-rate/src/adapters/memory/memory-record.ts'
import { createContainer, partOf } from '../../packages/post-rate/src/container.ts'
import type { RebuildRun } from '../../packages/post-rate/src/ports/rebuild-store.ts'
import { RebuildAll } from '../../packages/post-rate/src/services/rebuild-all.ts'
import type { RebuildStats, ResumedRebuild } from '../../packages/post-rate/src/services/rebuild-stats.ts'
import { addPosts } from '../contract/record.ts'

test('what is finished is forgotten, and the next rebuild begins anew', async (t) => {
  const { record, rebuildAll } = await spoiled(3)
  const resumed: RebuildRun[] = []
  const request = { onResume: (run: RebuildRun) => resumed.push(run) }
  t.like(await rebuildAll.rebuild(request), { posts: 3, repaired: 3 })
  t.is(record.rebuild, null)
  t.like(await rebuildAll.rebuild(request), { posts: 3, repaired: 0 })
  t.deepEqual(resumed, [])
})

test('an abort leaves the run with what it did, and the next one goes on', async (t) => {
  const { record, rebuildAll } = await spoiled(600)
  const abort = new AbortController()
  const onProgress = ({ found }: { found: number }) => found > 0 && abort.abort(new Error('enough'))
  await t.throwsAsync(rebuildAll.rebuild({ signal: abort.signal, onProgress }), { message: 'enough' })
  t.like(record.rebuild, { holder: '', last: 0, posts: 0, repaired: 500 })
  let resumed = 0
  t.like(await rebuildAll.rebuild({ onResume: ({ repaired }) => (resumed = repaired) }), { posts: 600, repaired: 600 })
  t.is(resumed, 500)
})

test('a run that somebody else has taken over ends, and leaves the other one alone', async (t) => {
  const { record } = await spoiled(0)
  const stopped = {
    rebuild: async ({ signal }: ResumedRebuild) => {
      record.rebuild = { ...(record.rebuild as NonNullable<typeof record.rebuild>), holder: 'another' }
      await new Promise((resolve) => signal?.addEventListener('abort', resolve))
      signal?.throwIfAborted()
    },
  } as unknown as RebuildStats
  const { rebuildStore } = memoryPorts(record)
  const rebuild = new RebuildAll(stopped, rebuildStore, 'this one').rebuild({})
  await t.throwsAsync(rebuild, { code: 'OVERLOADED', message: /taken this one over/ } as never)
  t.is(record.rebuild?.holder, 'another')
})

test('single posts and dry runs go on beside a rebuild of all; a second one does not', async (t) => {
  const { record, rebuildAll } = await spoiled(2)
  const { rebuildStore } = memoryPorts(record)
  await rebuildStore.take('process 1 on a', { restart: false, deadAfterSeconds: 9, staleAfterSeconds: 9 })
  await t.throwsAsync(rebuildAll.rebuild({ restart: true }), {
    code: 'OVERLOADED',
    message: /process 1 on a, since .*goes on there in [5-9] s/,
  } as never)
  t.like(await rebuildAll.rebuild({ dryRun: true }), { posts: 2, repaired: 2 })
  t.like(await rebuildAll.rebuild({ ids: [1] }), { posts: 1, repaired: 1 })
  t.is(record.rebuild?.holder, 'process 1 on a')
})

/** Posts whose statistics are not those of their ratings. */
async function spoiled(posts: number) {
  const record = new MemoryRecord()
  const ports = memoryPorts(record)
  await addPosts(ports, posts)
  for (const stats of record.allStates()) record.writeState({ ...stats, counts: [1, 0, 0, 0, 0, 0] })
  const container = createContainer({ database: 'postgres://unused', overrides: ports })
  return { record, rebuildAll: partOf(container, 'rebuildAll') }
}
