import type { Context } from '../context.ts'
import { exitCodes } from '../exit-code.ts'
import { printableJson } from '../json.ts'
import { readPostIds } from '../post-ids.ts'
import { table } from '../table.ts'

const shownAtMost = 50

/** Compares the ratings, the record of the statistics and the stats store. */
export async function verifyStats(context: Context, chosen: readonly string[]): Promise<number> {
  const ids = readPostIds(chosen)
  const { talk, signal } = context
  const { wait } = context.flags as { wait: number }
  const postRate = await context.open()
  const progress = talk.progress('Verified')
  const report = await postRate.stats
    .verify({
      ...(ids.length > 0 ? { ids } : {}),
      wait,
      signal,
      onProgress: ({ done, total, found }) => progress.update(done, total, `${found} differ`),
    })
    .finally(() => progress.clear())
  const { posts, checked, drift, pending } = report
  if (talk.json) await talk.document({ posts, checked, drift, pending })
  else {
    await talk.line(`${posts} posts, ${checked} checked, ${drift.length} differ, ${pending} changes not yet published`)
    if (drift.length > 0) {
      const columns = [
        { title: 'POST', align: 'right' as const },
        { title: 'KIND' },
        { title: 'EXPECTED' },
        { title: 'FOUND' },
      ]
      const rows = drift
        .slice(0, shownAtMost)
        .map(({ postId, kind, expected, found }) => [
          String(postId),
          kind,
          printableJson(expected),
          printableJson(found),
        ])
      for (const line of table(columns, rows, talk.columns)) await talk.line(line)
      if (drift.length > shownAtMost)
        await talk.line(`… and ${drift.length - shownAtMost} more (all of them with --json)`)
      talk.note('`post-rate stats rebuild` repairs this.')
    }
  }
  return drift.length > 0 ? exitCodes.drift : exitCodes.done
}
