import type { ListQuery } from 'post-rate'
import { confirm } from '../confirm.ts'
import type { Context } from '../context.ts'
import { decide } from '../decision.ts'
import { CommandError } from '../errors.ts'
import { exitCodes } from '../exit-code.ts'
import { average, timeUntil } from '../figures.ts'
import { readPostId } from '../post-ids.ts'
import { table } from '../table.ts'
import { printable } from '../ui/printable.ts'

/** One page of posts as readers see them. */
export async function listPosts(context: Context): Promise<number> {
  const { limit, sort, after, user } = context.flags as {
    limit: number
    sort: 'newest' | 'top'
    after?: string
    user?: string
  }
  const postRate = await context.open()
  const query: ListQuery = { limit, sort, after: after ?? null, userId: user ?? null }
  const page = await postRate.posts.list(query)
  if (context.talk.json) {
    await context.talk.document(page)
    return exitCodes.done
  }
  const columns = [
    { title: 'ID', align: 'right' as const },
    { title: 'TITLE', flexible: true },
    { title: 'BY' },
    { title: 'SHOWN', align: 'right' as const },
    { title: 'RATINGS', align: 'right' as const },
    { title: 'UPDATES IN', align: 'right' as const },
    ...(user === undefined ? [] : [{ title: 'OWN', align: 'right' as const }]),
  ]
  const rows = page.items.map(({ id, title, createdBy, stats, myScore }) => [
    String(id),
    title,
    createdBy,
    average(stats.average),
    String(stats.count),
    timeUntil(stats.nextUpdateAt, postRate.now()),
    ...(user === undefined ? [] : [myScore === null ? '-' : String(myScore)]),
  ])
  for (const line of table(columns, rows, context.talk.columns)) await context.talk.line(line)
  if (page.next !== null) context.talk.note(`More: --after ${page.next}`)
  return exitCodes.done
}

export async function createPost(context: Context): Promise<number> {
  const { title, content, by } = context.flags as { title: string; content: string; by: string }
  const postRate = await context.open()
  const post = await postRate.posts.create({ title, content, createdBy: by })
  if (context.talk.json) await context.talk.document(post)
  else await context.talk.line(String(post.id))
  return exitCodes.done
}

export async function deletePost(context: Context, post: string): Promise<number> {
  const id = readPostId(post)
  const { talk, flags } = context
  const postRate = await context.open()
  const { title } = await postRate.posts.get(id)
  // From the ratings themselves: the statistics may wait for a relay.
  const everything = { postId: id, from: 0, by: 'posts delete', reason: 'plan', dryRun: true }
  const { count: ratings } = (await postRate.moderation.exclude(everything)).before
  const plan = `Would delete post ${id}, ${printable(title)}, with all its ratings, ${ratings} of them counted. It cannot be undone.`
  if (flags.dryRun === true) {
    if (talk.json) await talk.document({ id, deleted: false, title, ratings, dryRun: true })
    else await talk.line(plan)
    return exitCodes.done
  }
  await confirm(context, () => plan)
  const deleted = await decide(
    context,
    postRate,
    { action: 'posts delete', subject: `post ${id}` },
    () => postRate.posts.delete(id),
    (done) => ({ deleted: done, ratings }),
  )
  if (!deleted) throw new CommandError(`Post ${id} is gone already.`)
  if (talk.json) await talk.document({ id, deleted })
  else await talk.line(`Deleted post ${id} and its ratings`)
  return exitCodes.done
}
