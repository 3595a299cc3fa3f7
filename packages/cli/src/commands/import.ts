import { createReadStream } from 'node:fs'
import { resolve } from 'node:path'
import type { Readable } from 'node:stream'
import type { ImportLine, RejectedLine } from 'post-rate'
import type { Context } from '../context.ts'
import { CommandError } from '../errors.ts'
import { exitCodes } from '../exit-code.ts'
import { formatOfName, readRatings } from '../rating-reader.ts'

/** Bad lines that are told one by one; the rest is only counted. */
const toldAtMost = 1000

/**
 * Imports ratings. Bad lines are told with their number, and the exit code is then 1 although everything else was
 * imported: a script must be able to notice.
 */
export async function importFile(context: Context, file: string): Promise<number> {
  const { talk, signal } = context
  const source = await openSource(context, file)
  const postRate = await context.open()
  const progress = talk.progress('Imported lines')
  let told = 0
  let ofMissingPosts = 0
  const onRejected = ({ line, message, missingPost }: RejectedLine) => {
    if (missingPost !== undefined) ofMissingPosts++
    progress.clear()
    if (++told <= toldAtMost) talk.note(`line ${line}: ${message}`)
    else if (told === toldAtMost + 1) talk.note(`More than ${toldAtMost} bad lines; the others are only counted.`)
  }
  let unreadable = 0
  const lines = readRatings(source, file === '-' ? null : formatOfName(file), (rejected) => {
    unreadable++
    onRejected(rejected)
  })
  const report = await postRate.ratings
    .import(until(signal, lines), {
      createPosts: context.flags.createPosts === true,
      onRejected,
      onProgress: ({ lines: done, rejected }) => progress.update(done, null, `${rejected + unreadable} rejected`),
    })
    .finally(() => {
      progress.clear()
      source.destroy()
    })
  const total = { ...report, lines: report.lines + unreadable, rejected: report.rejected + unreadable }
  if (talk.json) await talk.document(total)
  else
    await talk.line(
      `${total.lines} lines: ${total.changed} changed, ${total.unchanged} unchanged, ${total.rejected} rejected, ${total.postsCreated} posts created`,
    )
  if (ofMissingPosts > 0)
    talk.note(
      `${ofMissingPosts} lines are of posts that do not exist; --create-posts makes them under the ids of the file.`,
    )
  if (signal.aborted) talk.note('What was read is stored; run the same import again to go on.')
  signal.throwIfAborted()
  return total.rejected > 0 ? exitCodes.failed : exitCodes.done
}

/** Ends early when the run is to stop, so that what has been read is still stored. */
async function* until(signal: AbortSignal, lines: AsyncIterable<ImportLine>): AsyncGenerator<ImportLine> {
  for await (const line of lines) {
    if (signal.aborted) return
    yield line
  }
}

/** Opens the file before anything else is, so that a mistyped name costs nothing. */
async function openSource(context: Context, file: string): Promise<Readable> {
  if (file === '-') {
    // Waiting for a line that never comes must not keep the run from ending.
    context.signal.addEventListener('abort', () => context.io.stdin.push?.(null), { once: true })
    return context.io.stdin
  }
  const stream = createReadStream(resolve(context.io.cwd, file))
  await new Promise<void>((opened, failed) => {
    stream.once('open', () => opened())
    stream.once('error', (error) => failed(new CommandError(`Cannot read ${file}: ${error.message}`, { cause: error })))
  })
  return stream
}
