import type { EraseOptions, PostRate } from 'post-rate'
import { confirm } from '../confirm.ts'
import type { Context } from '../context.ts'
import { deciderOf } from '../decision.ts'
import { exitCodes } from '../exit-code.ts'
import { printable } from '../ui/printable.ts'

/** Withdraws everything that a user rated, post by post in short steps; with `--dry-run` only counts it. */
export async function eraseUser(context: Context, userId: string): Promise<number> {
  const { talk, flags } = context
  const dryRun = flags.dryRun === true
  const postRate = await context.open()
  const would = (ratings: number) => `Would withdraw ${ratings} ratings of ${printable(userId)}`
  if (!dryRun)
    await confirm(context, async () => `${would(await erase(context, postRate, userId, true))}. It cannot be undone.`)
  const erased = await erase(context, postRate, userId, dryRun)
  if (talk.json) await talk.document({ userId, erased, ...(dryRun && { dryRun }) })
  else await talk.line(dryRun ? would(erased) : `Withdrew ${erased} ratings of ${printable(userId)}`)
  return exitCodes.done
}

async function erase(context: Context, postRate: PostRate, userId: string, dryRun: boolean): Promise<number> {
  const { talk, signal } = context
  const progress = talk.progress('Searched posts')
  const onProgress: EraseOptions['onProgress'] = ({ posts, erased }) =>
    progress.update(posts, null, `${erased} ratings ${dryRun ? 'found' : 'withdrawn'}`)
  try {
    return await postRate.users.erase(userId, { signal, dryRun, onProgress, ...deciderOf(context) })
  } catch (error) {
    progress.clear()
    if (signal.aborted && !dryRun) talk.note('What is withdrawn stays withdrawn; run it again for the rest.')
    throw error
  } finally {
    progress.clear()
  }
}
