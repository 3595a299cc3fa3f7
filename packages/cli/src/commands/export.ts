import { fstatSync } from 'node:fs'
import { stat } from 'node:fs/promises'
import { resolve } from 'node:path'
import { Readable, type Transform, Writable } from 'node:stream'
import { pipeline } from 'node:stream/promises'
import { stringify } from 'csv-stringify'
import type { DatedRating } from 'post-rate'
import type { Context } from '../context.ts'
import { exitCodes } from '../exit-code.ts'
import { printableJson } from '../json.ts'
import { asCommandError, openOutput } from '../output-file.ts'
import { printable } from '../ui/printable.ts'

/** Writes all ratings, with `--counted-only` those that count. A file appears under its name only when it is complete. */
export async function exportFile(context: Context, file: string): Promise<number> {
  const { format, countedOnly = false, force = false, escapeFormulas = false } = context.flags as ExportFlags
  const { io, signal } = context
  const toStdout = file === '-' || (await isStdout(context, file))
  // Before the database is opened: a name that is taken costs nothing.
  const output = toStdout ? null : await openOutput(file, io.cwd, { force, signal })
  const toTerminal = output?.isTerminal ?? io.stdout.isTTY === true
  const rows = new Rows(context, { countedOnly, toTerminal })
  try {
    const postRate = await context.open()
    const ratings = postRate.ratings.export({ countedOnly })
    const ndjson = (format ?? formatOfName(file)) === 'ndjson'
    const text = ndjson ? rows.ndjson(ratings) : rows.csv(ratings, escapeFormulas)
    await pipeline(text, output?.stream ?? stdoutOf(context), { signal })
    await output?.commit()
  } catch (error) {
    await output?.discard()
    signal.throwIfAborted()
    throw asCommandError(error, file)
  } finally {
    rows.progress.clear()
  }
  context.talk.note(`${rows.count} ratings`)
  return exitCodes.done
}

type Format = 'csv' | 'ndjson'

/** By the name's extension. */
function formatOfName(name: string): Format {
  return /\.(ndjson|jsonl)$/i.test(name) ? 'ndjson' : 'csv'
}

interface ExportFlags {
  format?: Format
  countedOnly?: boolean
  force?: boolean
  escapeFormulas?: boolean
}

/** The exported lines, counted as they pass. */
class Rows {
  count = 0
  readonly progress
  readonly #countedOnly: boolean
  /** A terminal must not get what a user id may contain; a file or another program gets it exactly. */
  readonly #user: (user: string) => string

  constructor(context: Context, { countedOnly, toTerminal }: { countedOnly: boolean; toTerminal: boolean }) {
    this.progress = context.talk.progress('Exported')
    this.#countedOnly = countedOnly
    this.#user = toTerminal ? printable : (user) => user
  }

  ndjson(ratings: AsyncIterable<DatedRating>): Readable {
    return Readable.from(this.#lines(ratings, (row) => `${printableJson(row)}\n`))
  }

  csv(ratings: AsyncIterable<DatedRating>, escapeFormulas: boolean): Transform {
    const csv = stringify({
      header: true,
      columns: ['post', 'user', 'score', 'ratedAt', ...(this.#countedOnly ? [] : ['excluded', 'established'])],
      cast: { boolean: String },
      escape_formulas: escapeFormulas,
      // Quoted although CSV would not ask for it: leading and trailing blanks, and what reads as a formula.
      quoted_match: /^[=+\-@\s]|\s$/,
    })
    const rows = Readable.from(this.#lines(ratings, (row) => row))
    rows.once('error', (error) => csv.destroy(error))
    csv.once('close', () => rows.destroy())
    return rows.pipe(csv)
  }

  async *#lines<T>(ratings: AsyncIterable<DatedRating>, write: (row: Row) => T): AsyncGenerator<T> {
    for await (const { postId, userId, score, ratedAt, excluded = false, established = null } of ratings) {
      const row = { post: postId, user: this.#user(userId), score, ratedAt: new Date(ratedAt).toISOString() }
      const standing = established === null ? {} : { established }
      yield write(this.#countedOnly ? row : { ...row, excluded, ...standing })
      this.progress.update(++this.count, null)
    }
  }
}

interface Row {
  post: number
  user: string
  score: number
  ratedAt: string
  excluded?: boolean
  /** Left out where it is unknown. */
  established?: boolean
}

/** Whether a name is another one of stdout, as `/dev/stdout` is: only the stream itself knows where in its file it stands. */
async function isStdout({ io }: Context, file: string): Promise<boolean> {
  const { fd } = io.stdout as { fd?: number }
  if (fd === undefined) return false
  const [named, own] = [await stat(resolve(io.cwd, file)).catch(() => null), fstatSync(fd)]
  return named !== null && named.dev === own.dev && named.ino === own.ino
}

/** Leaves stdout open behind it. */
function stdoutOf({ talk }: Context): Writable {
  return new Writable({
    decodeStrings: false,
    write: (chunk, _encoding, done) => {
      talk.raw(chunk.toString()).then(() => done(), done)
    },
  })
}
