import { readFile } from 'node:fs/promises'
import { resolve } from 'node:path'
import { text as textOf } from 'node:stream/consumers'
import type { ExcludedUser, UserExclusionReport } from 'post-rate'
import { confirm } from '../confirm.ts'
import type { Context } from '../context.ts'
import { deciderOf } from '../decision.ts'
import { CommandError, UsageError } from '../errors.ts'
import { exitCodes } from '../exit-code.ts'
import { table } from '../table.ts'
import { printable } from '../ui/printable.ts'

type Action = 'exclude' | 'restore'

/** Takes all ratings of users out of the statistics, now and later, or brings them back; with `--dry-run` only says what that means. */
export async function moderateUsers(context: Context, action: Action, named: readonly string[]): Promise<number> {
  const { talk, signal } = context
  const { file, dryRun = false } = context.flags as { file?: string; dryRun?: boolean }
  const userIds = [...new Set([...named, ...(file === undefined ? [] : await usersOf(context, file))])]
  if (userIds.length === 0) throw new UsageError('Name users, or a file that has one user a line with --file.')
  const postRate = await context.open()
  const { by, reason = '' } = deciderOf(context)
  const request = { userIds, by, reason, signal }
  const decide = postRate.moderation[action === 'exclude' ? 'excludeUsers' : 'restoreUsers']
  if (!dryRun) await confirm(context, async () => described(await decide({ ...request, dryRun: true }), action, true))
  const progress = talk.progress(action === 'exclude' ? 'Excluded' : 'Restored')
  const report = await decide({ ...request, dryRun, onProgress: (moved) => progress.update(moved, null) })
    .catch((error: unknown) => {
      progress.clear()
      if (signal.aborted) talk.note('What was moved stays moved; run the same command again for the rest.')
      throw error
    })
    .finally(() => progress.clear())
  if (talk.json) await talk.document({ ...report, dryRun })
  else await talk.line(described(report, action, dryRun))
  if (!dryRun && report.ratings > 0) talk.note('Readers see it at the nextUpdateAt of each post.')
  return exitCodes.done
}

/** The users whose ratings do not count: who decided it, when and why. */
export async function listExcludedUsers(context: Context): Promise<number> {
  const { limit, after } = context.flags as { limit: number; after?: number }
  const postRate = await context.open()
  const page = await postRate.moderation.excludedUsers({ limit, ...(after === undefined ? {} : { after }) })
  const { talk } = context
  if (talk.json) await talk.document(page)
  else if (page.items.length === 0) talk.note('No user is excluded.')
  else for (const line of usersTable(page.items, talk.columns)) await talk.line(line)
  if (!talk.json && page.next !== null) talk.note(`More with --after ${page.next}`)
  return exitCodes.done
}

/** One user a line; blank lines are left out. */
async function usersOf({ io }: Context, file: string): Promise<string[]> {
  const read = file === '-' ? textOf(io.stdin) : readFile(resolve(io.cwd, file), 'utf8')
  const content = await read.catch((error: unknown) => {
    throw new CommandError(`Cannot read ${file}: ${(error as Error).message}`)
  })
  return content
    .replace(/^\ufeff/, '')
    .split(/\r?\n/)
    .filter((line) => line.trim() !== '')
}

function described({ users, ratings, posts }: UserExclusionReport, action: Action, dryRun: boolean): string {
  const verb = { exclude: ['Excluded', 'Would exclude'], restore: ['Restored', 'Would restore'] }[action][
    dryRun ? 1 : 0
  ]
  const effect = action === 'exclude' ? 'do not count' : 'count again'
  return `${verb} ${users} users: ${ratings} ratings of ${posts} posts ${effect}`
}

function usersTable(users: readonly ExcludedUser[], columns: number): string[] {
  return table(
    [{ title: 'USER' }, { title: 'STATE' }, { title: 'BY' }, { title: 'AT' }, { title: 'REASON', flexible: true }],
    users.map(({ userId, state, by, at, reason }) => [
      printable(userId),
      state === 'excluded' ? state : `${state}: run it again`,
      printable(by),
      at,
      printable(reason),
    ]),
    columns,
  )
}
