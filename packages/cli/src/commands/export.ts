import { createWriteStream } from 'node:fs'
import { rename, rm } from 'node:fs/promises'
import { resolve } from 'node:path'
import { Readable, type Transform, Writable } from 'node:stream'
import { pipeline } from 'node:stream/promises'
import { stringify } from 'csv-stringify'
import type { DatedRating } from 'post-rate'
import type { Context } from '../context.ts'
import { CommandError } from '../errors.ts'
import { exitCodes } from '../exit-code.ts'
import { printableJson } from '../json.ts'
import { type Format, formatOfName } from '../rating-reader.ts'
import { printable } from '../ui/printable.ts'

/** Writes all ratings. A file appears under its name only when it is whole. */
export async function exportFile(context: Context, file: string): Promise<number> {
  const { format } = context.flags as { format?: Format }
  const postRate = await context.open()
  const rows = new Rows(context, postRate.ratings.export())
  const text =
    (format ?? formatOfName(file)) === 'ndjson' ? rows.ndjson() : rows.csv(context.flags.escapeFormulas === true)
  try {
    if (file === '-') await pipeline(text, toStdout(context), { signal: context.signal })
    else await writeWhole(resolve(context.io.cwd, file), text, context.signal)
  } catch (error) {
    context.signal.throwIfAborted()
    if ((error as NodeJS.ErrnoException).syscall === undefined) throw error
    throw new CommandError(`Cannot write ${file}: ${(error as Error).message}`, { cause: error })
  } finally {
    rows.progress.clear()
  }
  context.talk.note(`${rows.count} ratings`)
  return exitCodes.done
}

/** The exported lines, counted as they pass. */
class Rows {
  count = 0
  readonly progress
  readonly #ratings: AsyncIterable<DatedRating>
  /** A terminal must not get what a user id may contain; a file or another program gets it exactly. */
  readonly #user: (user: string) => string

  constructor(context: Context, ratings: AsyncIterable<DatedRating>) {
    this.progress = context.talk.progress('Exported')
    this.#ratings = ratings
    this.#user = context.io.stdout.isTTY ? printable : (user) => user
  }

  ndjson(): Readable {
    return Readable.from(this.#lines((row) => `${printableJson(row)}\n`))
  }

  csv(escapeFormulas: boolean): Transform {
    const csv = stringify({
      header: true,
      columns: ['post', 'user', 'score', 'ratedAt'],
      escape_formulas: escapeFormulas,
      // Quoted although CSV would not ask for it: leading and trailing blanks, and what reads as a formula.
      quoted_match: /^[=+\-@\s]|\s$/,
    })
    const rows = Readable.from(this.#lines((row) => row))
    rows.once('error', (error) => csv.destroy(error))
    csv.once('close', () => rows.destroy())
    return rows.pipe(csv)
  }

  async *#lines<T>(
    write: (row: { post: number; user: string; score: number; ratedAt: string }) => T,
  ): AsyncGenerator<T> {
    for await (const { postId, userId, score, ratedAt } of this.#ratings) {
      yield write({ post: postId, user: this.#user(userId), score, ratedAt: new Date(ratedAt).toISOString() })
      this.progress.update(++this.count, null)
    }
  }
}

async function writeWhole(path: string, text: Readable, signal: AbortSignal): Promise<void> {
  const draft = `${path}.${process.pid}.tmp`
  try {
    await pipeline(text, createWriteStream(draft), { signal })
    await rename(draft, path)
  } finally {
    await rm(draft, { force: true })
  }
}

/** Leaves stdout open behind it. */
function toStdout({ talk }: Context): Writable {
  return new Writable({
    decodeStrings: false,
    write: (chunk, _encoding, done) => {
      talk.raw(chunk.toString()).then(() => done(), done)
    },
  })
}
