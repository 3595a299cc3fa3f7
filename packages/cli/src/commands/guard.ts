import type { GuardedPost, PostInspection } from 'post-rate'
import { confirm } from '../confirm.ts'
import type { Context } from '../context.ts'
import { deciderOf } from '../decision.ts'
import { exitCodes } from '../exit-code.ts'
import { average, timeUntil } from '../figures.ts'
import { readPostId } from '../post-ids.ts'
import { table } from '../table.ts'

/** The posts whose average the spike guard holds back, the widest gap first. */
export async function guardStatus(context: Context): Promise<number> {
  const postRate = await context.open()
  const { limit } = context.flags as { limit: number }
  const posts = await postRate.guard.armed(limit)
  const { talk } = context
  if (talk.json) await talk.document(posts)
  else for (const line of guardedTable(posts, postRate.now(), talk.columns)) await talk.line(line)
  if (!talk.json && posts.length === 0) {
    const { display } = await postRate.settings.get()
    talk.note(display === 'guard' ? 'No post is guarded.' : `The spike guard is off: the display policy is ${display}.`)
  }
  return exitCodes.done
}

/** Releases the guard of a post; with `--dry-run` only says what that means. */
export async function releasePost(context: Context, post: string): Promise<number> {
  const postId = readPostId(post)
  const postRate = await context.open()
  const plan = async () => planOf(postId, await postRate.stats.get([postId]))
  if (context.flags.dryRun === true) {
    const { text, guarded } = await plan()
    if (context.talk.json) await context.talk.document({ postId, released: guarded, dryRun: true })
    else await context.talk.line(text)
    return exitCodes.done
  }
  await confirm(context, async () => (await plan()).text)
  const released = await postRate.guard.release(postId, deciderOf(context))
  if (context.talk.json) await context.talk.document({ postId, released })
  else if (released)
    await context.talk.line(
      `Post ${postId} shows its true average at its next update, and is left alone until its arrivals are normal.`,
    )
  else context.talk.note(`Post ${postId} is not guarded: there is nothing to release.`)
  return exitCodes.done
}

function planOf(postId: number, [found]: readonly PostInspection[]): { text: string; guarded: boolean } {
  const guard = found?.displayed.guard ?? null
  if (found === undefined || guard === null)
    return { text: `Post ${postId} is not guarded: there is nothing to release.`, guarded: false }
  const { displayed, live } = found
  return {
    text: `Would release the guard of post ${postId}: its average goes from ${average(displayed.average)} to ${average(live.average)} at its next update.`,
    guarded: true,
  }
}

function guardedTable(posts: readonly GuardedPost[], now: number, columns: number): string[] {
  if (posts.length === 0) return []
  const right = (title: string) => ({ title, align: 'right' as const })
  return table(
    [
      right('POST'),
      right('RATINGS'),
      right('SHOWN'),
      right('TRUE'),
      right('GAP'),
      { title: 'SINCE' },
      right('NORMAL/h'),
      right('UPDATES IN'),
      { title: '' },
    ],
    posts.map((post) => [
      String(post.postId),
      String(post.count),
      average(post.shownAverage),
      average(post.trueAverage),
      signed(post.gap),
      post.since,
      post.normalPerHour.toFixed(1),
      timeUntil(post.nextUpdateAt, now),
      post.released ? 'released' : '',
    ]),
    columns,
  )
}

function signed(gap: number): string {
  return `${gap > 0 ? '+' : ''}${gap.toFixed(2)}`
}
