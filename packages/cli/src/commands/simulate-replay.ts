import { writeFile } from 'node:fs/promises'
import { resolve } from 'node:path'
import type { Context } from '../context.ts'
import { CommandError, UsageError } from '../errors.ts'
import { exitCodes } from '../exit-code.ts'
import type { ChosenColumns } from '../rating-file/columns.ts'
import { openSource } from '../rating-file/open-source.ts'
import type { Range } from '../rating-file/scores.ts'
import { RejectedRecords } from '../rejected-records.ts'
import { replayTable } from '../replay/figures.ts'
import { plotReplaySvg } from '../replay/plot-svg.ts'
import { plotReplayText } from '../replay/plot-text.ts'
import { replayPolicies } from '../replay/policies.ts'
import { inOrder, type ReplayRating } from '../replay/ratings.ts'
import { choosePost, readPosts } from '../replay/read-posts.ts'
import { momentCount, type PolicyReport, policiesFor, replay } from '../replay/replay.ts'

interface ReplayFlags {
  replay: string
  every?: number
  window: number
  post?: string
  seed: string
  svg?: string
  tune?: boolean
  range?: Range
  delimiter?: string
  columns?: ChosenColumns
}

/** In all policies; more would not fit into one JSON document. */
const mostPoints = 2_000_000

/**
 * Replays recorded ratings through the display policies. Bad records are reported with their number, and the exit code is then 1
 * although everything else was replayed, as for an import. Needs no server.
 */
export async function replayFile(context: Context, only: readonly string[]): Promise<number> {
  const { talk, signal } = context
  const { replay: file, window, every = window, svg } = checked(context.flags as unknown as ReplayFlags, only)
  const { post, ratings, rejected } = await read(context, file)
  const points = momentCount(ratings, every) * policiesFor(ratings, only).length
  if (points > mostPoints)
    throw new UsageError(
      `${momentCount(ratings, every)} points for each policy are too many: take fewer with --every, for example --every 3600, or name the policies.`,
    )
  signal.throwIfAborted()
  const progress = talk.progress('Policies')
  const onProgress = (done: number, total: number) => progress.update(done, total)
  const policies = await replay(ratings, { windowSeconds: window, every, only, signal, onProgress }).finally(() =>
    progress.clear(),
  )
  if (svg !== undefined) {
    await writeFile(resolve(context.io.cwd, svg), plotReplaySvg(ratings, policies)).catch((error: Error) => {
      throw new CommandError(`Cannot write ${svg}: ${error.message}`)
    })
    talk.note(`Plot: ${svg}`)
  }
  if (talk.json)
    await talk.document({ ...(post !== '' && { post }), ratings: ratings.length, policies: policies.map(asJson) })
  else {
    const lines = [...replayTable(policies, talk.columns), '', ...plotReplayText(policies, talk.columns)]
    for (const line of lines) await talk.line(line)
  }
  return rejected > 0 ? exitCodes.failed : exitCodes.done
}

function checked(flags: ReplayFlags, only: readonly string[]): ReplayFlags {
  const names = replayPolicies.map(({ name }) => name)
  const unknown = only.filter((name) => !names.includes(name))
  if (unknown.length > 0)
    throw new UsageError(`${unknown.join(', ')}: the policies of a replay are ${names.join(', ')}.`)
  if (flags.tune) throw new UsageError('--tune does not go with --replay: leave one of them out.')
  return flags
}

async function read(context: Context, file: string) {
  const { talk, signal } = context
  const { seed, post: wanted, range, delimiter, columns } = context.flags as unknown as ReplayFlags
  const source = await openSource(context, file)
  const bad = new RejectedRecords(null)
  const { posts, scores } = await readPosts(source, {
    seed,
    post: wanted,
    ...(range && { range }),
    ...(delimiter !== undefined && { delimiter }),
    ...(columns && { columns }),
    onRejected: (rejected) => bad.add(rejected),
    onFound: (found) => talk.note(`Detected: ${found}.`),
  }).finally(() => {
    source.destroy()
    bad.tell(talk)
  })
  signal.throwIfAborted()
  if (scores.foreign > 0 && range === undefined)
    talk.note(
      `${scores.foreign} scores are no integers from 0 to 5; all of them go from ${scores.lowest} to ${scores.highest}: convert them with --range LOW:HIGH.`,
    )
  const [post, recorded] = choosePost(posts, wanted)
  const ratings: ReplayRating[] = inOrder(recorded)
  const others = posts.size > 1 ? `, the one with the most of ${posts.size}; --post ID chooses another` : ''
  talk.note(
    `${recorded.length} ratings${post === '' ? '' : ` of post ${post}${others}`}, ${bad.count} records rejected.`,
  )
  return { post, ratings, rejected: bad.count }
}

function asJson({ name, what, points, incidents, metrics }: PolicyReport) {
  const time = (at: number) => new Date(at).toISOString()
  return {
    name,
    what,
    points: points.map(({ at, ...figures }) => ({ at: time(at), ...figures })),
    incidents: incidents.map(({ from, to }) => ({ from: time(from), to: to === null ? null : time(to) })),
    metrics,
  }
}
