import { once } from 'node:events'
import { stringify } from 'csv-stringify/sync'
import type { RejectedLine } from 'post-rate'
import type { OutputFile } from './output-file.ts'
import type { Talk } from './talk.ts'

/** Equal errors that are told one by one; more of them become one line. */
const toldAtMost = 10
/** Different errors that are told. */
const kindsAtMost = 100

interface Kind {
  message: string
  count: number
  first: RejectedLine[]
}

/** The bad records of an import: a few lines for the terminal, and all of them for the file of `--errors`. */
export class RejectedRecords {
  count = 0
  ofMissingPosts = 0
  readonly #kinds = new Map<string, Kind>()
  readonly #file: OutputFile | null
  #untold = 0

  constructor(file: OutputFile | null) {
    this.#file = file
    file?.stream.write('record,line,message\n')
  }

  add(rejected: RejectedLine): void {
    this.count++
    if (rejected.missingPost !== undefined) this.ofMissingPosts++
    this.#file?.stream.write(stringify([[rejected.record, rejected.line, rejected.message]]))
    // Of many posts that do not exist each one has a message of its own.
    const message = rejected.missingPost === undefined ? rejected.message : 'post: there is no such post'
    let kind = this.#kinds.get(message)
    if (kind === undefined) {
      if (this.#kinds.size === kindsAtMost) {
        this.#untold++
        return
      }
      kind = { message, count: 0, first: [] }
      this.#kinds.set(message, kind)
    }
    kind.count++
    if (kind.first.length < toldAtMost) kind.first.push(rejected)
  }

  /** Resolves when the file of `--errors` has room: many bad records must not pile up in memory. */
  async written(): Promise<void> {
    const stream = this.#file?.stream
    if (stream?.writableNeedDrain) await once(stream, 'drain')
  }

  tell(talk: Talk): void {
    for (const { message, count, first } of this.#kinds.values()) {
      if (count <= toldAtMost) for (const one of first) talk.note(`${placeOf(one)}: ${one.message}`)
      else talk.note(`${count} records: ${message} (the first: ${first.slice(0, 3).map(placeOf).join('; ')})`)
    }
    if (this.#untold > 0) talk.note(`${this.#untold} records with other errors; --errors FILE has all.`)
  }
}

function placeOf({ record, line }: RejectedLine): string {
  return record === undefined ? `line ${line}` : `record ${record}, line ${line}`
}
