import type { ImportLine, RejectedLine } from 'post-rate'
import type { ChosenColumns, Field, RequiredFields } from './columns.ts'
import { numberOf, type Range, readScore } from './scores.ts'

export interface ReadOptions {
  /** Of CSV; detected when left out. */
  delimiter?: string
  columns?: ChosenColumns
  /** Default: those of an import. */
  required?: RequiredFields
  range?: Range
  /** Called for each record that cannot be read. The library judges the others. */
  onRejected: (rejected: RejectedLine) => void
  /** Called once with what was detected, where it is not the plain form. */
  onFound?: (found: string) => void
}

/** A rating as a file has it, not yet judged. */
export interface FileRating extends ImportLine {
  /** Whether the account was established; absent where the file does not say. */
  established?: unknown
  /** Whether the rating is known to belong to a raid; absent where the file does not say. */
  raid?: unknown
}

/** Where a record stands: its number, and the line in which it begins. Both from 1. */
export interface Place {
  record: number
  line: number
}

/** Scores as the file has them, for a hint at `--range`. */
export interface ScoresSeen {
  lowest: number
  highest: number
  /** Numbers that are no score from 0 to 5. */
  foreign: number
}

/** Makes ratings of a file's records, and rejects what cannot be one. */
export class Reading {
  readonly options: ReadOptions
  readonly scores: ScoresSeen = { lowest: Number.POSITIVE_INFINITY, highest: Number.NEGATIVE_INFINITY, foreign: 0 }

  constructor(options: ReadOptions) {
    this.options = options
  }

  reject({ record, line }: Place, message: string): void {
    this.options.onRejected({ record, line, message })
  }

  /** Null where the record was rejected. */
  rating({ record, line }: Place, values: Partial<Record<Field, unknown>>): FileRating | null {
    const { score, problem } = readScore(values.score, this.options.range)
    if (problem !== undefined) {
      this.reject({ record, line }, problem)
      return null
    }
    this.#note(numberOf(score))
    return {
      record,
      line,
      post: trimmed(values.post),
      user: values.user,
      score,
      ratedAt: values.ratedAt,
      excluded: values.excluded,
      ...(values.established !== undefined && { established: values.established }),
      ...(values.raid !== undefined && { raid: values.raid }),
    }
  }

  #note(score: number): void {
    if (score < this.scores.lowest) this.scores.lowest = score
    if (score > this.scores.highest) this.scores.highest = score
    if (!(Number.isNaN(score) || (Number.isInteger(score) && score >= 0 && score <= 5))) this.scores.foreign++
  }
}

function trimmed(value: unknown): unknown {
  return typeof value === 'string' ? value.trim() : value
}
