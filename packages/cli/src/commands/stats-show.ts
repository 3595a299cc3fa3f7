import type { PostInspection, PostRate } from 'post-rate'
import type { Context } from '../context.ts'
import { CommandError } from '../errors.ts'
import { exitCodes } from '../exit-code.ts'
import { average, timeUntil } from '../figures.ts'
import { readPostIds } from '../post-ids.ts'
import { table } from '../table.ts'

/** Live and displayed figures of posts, side by side. */
export async function showStats(context: Context, posts: readonly string[]): Promise<number> {
  const ids = readPostIds(posts)
  const postRate = await context.open()
  const found = await postRate.stats.get(ids)
  if (context.talk.json) await context.talk.document(found)
  else if (found.length > 0)
    for (const line of statsTable(found, postRate.now(), context.talk.columns)) await context.talk.line(line)
  const missing = ids.filter((id) => !found.some(({ postId }) => postId === id))
  if (missing.length > 0)
    throw new CommandError(
      `There is no post ${missing.join(', ')}. Run \`post-rate posts list\` to see which there are.`,
    )
  return exitCodes.done
}

/** The same for the posts that rank highest, in their order. */
export async function topStats(context: Context): Promise<number> {
  const postRate = await context.open()
  const { limit } = context.flags as { limit: number }
  const titles = new Map((await postRate.posts.list({ sort: 'top', limit })).items.map(({ id, title }) => [id, title]))
  const found = await postRate.stats.get([...titles.keys()])
  if (context.talk.json)
    await context.talk.document(found.map((stats) => ({ ...stats, title: titles.get(stats.postId) })))
  else for (const line of statsTable(found, postRate.now(), context.talk.columns, titles)) await context.talk.line(line)
  return exitCodes.done
}

export function statsTable(
  found: readonly PostInspection[],
  now: number,
  columns: number,
  titles?: ReadonlyMap<number, string>,
): string[] {
  const right = (title: string) => ({ title, align: 'right' as const })
  return table(
    [
      right('POST'),
      ...(titles ? [{ title: 'TITLE', flexible: true }] : []),
      right('LIVE'),
      right('RATINGS'),
      { title: '0/1/2/3/4/5' },
      right('SHOWN'),
      right('RATINGS'),
      right('UPDATES IN'),
      right('VERSION'),
      { title: 'FROM' },
    ],
    found.map(({ postId, live, displayed, version, source }) => [
      String(postId),
      ...(titles ? [titles.get(postId) ?? ''] : []),
      average(live.average),
      String(live.count),
      live.histogram.join('/'),
      `${average(displayed.average)}${displayed.guard === null ? '' : '*'}`,
      String(displayed.count),
      timeUntil(displayed.nextUpdateAt, now),
      String(version),
      source,
    ]),
    columns,
  )
}

/** The newest posts' ids, for commands that were given none. */
export async function newestIds(postRate: PostRate, limit: number): Promise<number[]> {
  return (await postRate.posts.list({ sort: 'newest', limit })).items.map(({ id }) => id)
}
