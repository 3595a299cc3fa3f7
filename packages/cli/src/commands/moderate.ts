import type { Exclusion, ModerationReport, Standing } from 'post-rate'
import { confirm } from '../confirm.ts'
import type { Context } from '../context.ts'
import { account } from '../decision.ts'
import { exitCodes } from '../exit-code.ts'
import { average } from '../figures.ts'
import { readPostId } from '../post-ids.ts'
import { table } from '../table.ts'
import { printable } from '../ui/printable.ts'

type Action = 'exclude' | 'restore'

/** Takes a period of a post's ratings out of the statistics, or brings it back; with `--dry-run` only says what that means. */
export async function moderate(context: Context, action: Action, post: string): Promise<number> {
  const postId = readPostId(post)
  const { talk, signal } = context
  const { from, to, standing, reason, by, dryRun } = context.flags as {
    from?: string
    to?: string
    standing?: Standing
    reason: string
    by?: string
    dryRun?: boolean
  }
  const postRate = await context.open()
  const request = {
    ...{ postId, reason, signal, by: by ?? account(), dryRun: dryRun === true },
    ...(from === undefined ? {} : { from }),
    ...(to === undefined ? {} : { to }),
    ...(standing === undefined ? {} : { standing }),
  }
  if (!dryRun)
    await confirm(context, async () =>
      described(await postRate.moderation[action]({ ...request, dryRun: true }), action, true).join('\n'),
    )
  const progress = talk.progress(action === 'exclude' ? 'Excluded' : 'Restored')
  const onProgress = (moved: number) => progress.update(moved, null)
  const report = await postRate.moderation[action]({ ...request, onProgress })
    .catch((error: unknown) => {
      progress.clear()
      if (signal.aborted) talk.note('What was moved is noted; run the same command again for the rest.')
      throw error
    })
    .finally(() => progress.clear())
  if (talk.json) await talk.document({ ...report, dryRun: dryRun === true })
  else for (const line of described(report, action, dryRun === true)) await talk.line(line)
  if (!dryRun && report.ratings > 0) talk.note('Readers see it at the nextUpdateAt of the post.')
  return exitCodes.done
}

/** The log: what is or was excluded, by whom and why. */
export async function listExclusions(context: Context, post: string | undefined): Promise<number> {
  const postId = post === undefined ? undefined : readPostId(post)
  const postRate = await context.open()
  const exclusions = await postRate.moderation.list(postId)
  if (context.talk.json) await context.talk.document(exclusions)
  else if (exclusions.length === 0) context.talk.note('Nothing has been excluded.')
  else for (const line of exclusionsTable(exclusions, context.talk.columns)) await context.talk.line(line)
  return exitCodes.done
}

function described(report: ModerationReport, action: Action, dryRun: boolean) {
  const { postId, from, to, standing, ratings, before, after } = report
  const verb = { exclude: ['Excluded', 'Would exclude'], restore: ['Restored', 'Would restore'] }[action][
    dryRun ? 1 : 0
  ]
  return [
    `${verb} ${ratings} ratings of post ${postId}, from ${from} to ${to}${standing === null ? '' : `, of raters who are ${standing}`}`,
    `average ${average(before.average)} of ${before.count} -> ${average(after.average)} of ${after.count}`,
    `rank    ${before.rank.toFixed(2)} -> ${after.rank.toFixed(2)}`,
    `0-5     ${before.histogram.join('/')} -> ${after.histogram.join('/')}`,
  ]
}

function exclusionsTable(exclusions: readonly Exclusion[], columns: number): string[] {
  const right = (title: string) => ({ title, align: 'right' as const })
  return table(
    [
      right('POST'),
      { title: 'FROM' },
      { title: 'TO' },
      right('RATINGS'),
      { title: 'BY' },
      { title: 'AT' },
      { title: 'REASON', flexible: true },
      { title: 'RESTORED' },
    ],
    exclusions.map((exclusion) => [
      String(exclusion.postId),
      exclusion.from,
      exclusion.to,
      exclusion.standing === null ? String(exclusion.excluded) : `${exclusion.excluded} ${exclusion.standing}`,
      exclusion.by,
      exclusion.at,
      printable(exclusion.reason),
      exclusion.restoredAt === null
        ? '-'
        : `${exclusion.restored} by ${exclusion.restoredBy}, ${exclusion.restoredAt}: ${exclusion.restoreReason}`,
    ]),
    columns,
  )
}
