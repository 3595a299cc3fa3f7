import { basename } from 'node:path'
import type { ImportLine, ImportReport } from 'post-rate'
import type { Context } from '../context.ts'
import { decide } from '../decision.ts'
import { exitCodes } from '../exit-code.ts'
import { openOutput } from '../output-file.ts'
import type { ChosenColumns } from '../rating-file/columns.ts'
import { openSource } from '../rating-file/open-source.ts'
import { readRatings } from '../rating-file/read-ratings.ts'
import type { ScoresSeen } from '../rating-file/reading.ts'
import type { Range } from '../rating-file/scores.ts'
import { RejectedRecords } from '../rejected-records.ts'

interface ImportFlags {
  createPosts?: boolean
  delimiter?: string
  columns?: ChosenColumns
  range?: Range
  errors?: string
  force?: boolean
}

/**
 * Imports ratings. Bad records are told with their number, and the exit code is then 1 although everything else was
 * imported: a script must be able to notice.
 */
export async function importFile(context: Context, file: string): Promise<number> {
  const { talk, signal, io } = context
  const { errors, force = false, createPosts = false, ...dialect } = context.flags as ImportFlags
  const source = await openSource(context, file)
  const output = errors === undefined ? null : await openOutput(errors, io.cwd, { force, signal })
  const rejected = new RejectedRecords(output)
  const progress = talk.progress('Imported records')
  let unreadable = 0
  try {
    const postRate = await context.open()
    const { ratings, scores } = readRatings(source, {
      ...dialect,
      onRejected: (bad) => {
        unreadable++
        rejected.add(bad)
      },
      onFound: (found) => talk.note(`Detected: ${found}.`),
    })
    const work = () =>
      postRate.ratings.import(until(signal, ratings, rejected), {
        createPosts,
        onRejected: (bad) => rejected.add(bad),
        onProgress: ({ lines }) => progress.update(lines + unreadable, null, `${rejected.count} rejected`),
      })
    const note = { action: 'import', subject: basename(file) }
    const report = await decide(context, postRate, note, work, ({ changed, postsCreated }) => ({
      changed,
      postsCreated,
      rejected: rejected.count,
    })).finally(() => {
      progress.clear()
      source.destroy()
      rejected.tell(talk)
    })
    await output?.commit()
    await tell(context, { ...report, lines: report.lines + unreadable, rejected: rejected.count })
    hint(context, rejected, scores)
  } catch (error) {
    source.destroy()
    // Keep the errors found so far, although the import failed later.
    await (rejected.count > 0 ? output?.commit() : output?.discard())
    throw error
  }
  if (signal.aborted) talk.note('What was read is stored; run the same import again to go on.')
  signal.throwIfAborted()
  return rejected.count > 0 ? exitCodes.failed : exitCodes.done
}

async function tell({ talk }: Context, report: ImportReport): Promise<void> {
  const { lines, changed, unchanged, rejected, postsCreated } = report
  if (talk.json) return talk.document(report)
  await talk.line(
    `${lines} records: ${changed} changed, ${unchanged} unchanged, ${rejected} rejected, ${postsCreated} posts created`,
  )
}

function hint({ talk }: Context, { ofMissingPosts }: RejectedRecords, { foreign, lowest, highest }: ScoresSeen): void {
  if (ofMissingPosts > 0)
    talk.note(
      `${ofMissingPosts} records are of posts that do not exist; --create-posts makes them under the ids of the file.`,
    )
  if (foreign > 0)
    talk.note(
      `${foreign} scores are no integers from 0 to 5; all of them go from ${lowest} to ${highest}. Scores of another scale are converted with --range LOW:HIGH, for example --range 0.5:5 or --range 1:10.`,
    )
}

/** Ends early when the run is to stop, so that what has been read is still stored. */
async function* until(
  signal: AbortSignal,
  ratings: AsyncIterable<ImportLine>,
  rejected: RejectedRecords,
): AsyncGenerator<ImportLine> {
  for await (const rating of ratings) {
    if (signal.aborted) return
    yield rating
    await rejected.written()
  }
}
