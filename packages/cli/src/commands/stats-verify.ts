import type { Drift } from 'post-rate'
import type { Context } from '../context.ts'
import { exitCodes } from '../exit-code.ts'
import { explain, type Finding } from '../findings.ts'
import { printableJson } from '../json.ts'
import { readPostIds } from '../post-ids.ts'
import { table } from '../table.ts'
import { printable } from '../ui/printable.ts'

const shownAtMost = 50

/** Compares the ratings, the record of the statistics and the stats store, and says what each finding means. */
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
  const findings = explain(report, await postRate.schema.bypasses())
  // What is in order needs no explanation, and no field for one.
  if (talk.json) await talk.document({ posts, checked, drift, pending, ...(findings.length > 0 ? { findings } : {}) })
  else {
    await talk.line(`${posts} posts, ${checked} checked, ${drift.length} differ, ${pending} changes not yet published`)
    if (drift.length > 0) await printDrift(context, drift)
    for (const finding of findings) await printFinding(context, finding)
  }
  return drift.length > 0 ? exitCodes.drift : exitCodes.done
}

async function printDrift({ talk }: Context, drift: readonly Drift[]): Promise<void> {
  const columns = [
    { title: 'POST', align: 'right' as const },
    { title: 'KIND' },
    { title: 'EXPECTED' },
    { title: 'FOUND' },
  ]
  const rows = drift
    .slice(0, shownAtMost)
    .map(({ postId, kind, expected, found }) => [String(postId), kind, printableJson(expected), printableJson(found)])
  for (const line of table(columns, rows, talk.columns)) await talk.line(line)
  if (drift.length > shownAtMost) await talk.line(`… and ${drift.length - shownAtMost} more (all of them with --json)`)
}

async function printFinding({ talk }: Context, { kind, count, meaning, cause, remedy }: Finding): Promise<void> {
  await talk.line('')
  await talk.line(talk.style('bold', `${kind} (${count}): `) + printable(meaning))
  await talk.line(`  probably: ${printable(cause)}`)
  await talk.line(`  do:       ${printable(remedy)}`)
}
