import { InvalidArgumentError, Option } from 'commander'
import { type ChosenColumns, fields } from './rating-file/columns.ts'
import { numberOf, type Range } from './rating-file/scores.ts'
import { whole } from './whole.ts'

/** A whole number in a range, for commander. */
export function wholeNumber(least: number, most: number): (value: string) => number {
  const parse = whole(least, most)
  return (value) => {
    try {
      return parse(value)
    } catch (error) {
      throw new InvalidArgumentError(`It ${(error as Error).message}.`)
    }
  }
}

export function score(value: string): number {
  if (!/^[0-5]$/.test(value)) throw new InvalidArgumentError('A score is an integer from 0 to 5.')
  return Number(value)
}

export function seconds(value: string): number {
  const number = /^\d{1,6}(\.\d{1,3})?$/.test(value) ? Number(value) : Number.NaN
  if (Number.isNaN(number)) throw new InvalidArgumentError('It must be a number of seconds.')
  return number
}

/** The path under which the API stands: `/`, `/api`. */
export function pathPrefix(value: string): string {
  // Clients resolve dot segments before they ask: nobody would find the API there.
  if (!/^(\/(?!\.\.?(\/|$))[A-Za-z0-9._~-]+)*\/?$/.test(value) || !value.startsWith('/'))
    throw new InvalidArgumentError("A prefix begins with '/', for example /api.")
  return value
}

/** One character that separates the fields of CSV, or `tab`. */
export function delimiter(value: string): string {
  const named = { tab: '\t', '\\t': '\t' }[value] ?? value
  if ([...named].length !== 1 || /["\r\n]/.test(named))
    throw new InvalidArgumentError("It must be one character, for example ';' or tab.")
  return named
}

/** `user=userId,post=movieId`: the columns of a file by what they hold. */
export function columns(value: string): ChosenColumns {
  // A replay calls the time `at`.
  const chosen = value
    .split(',')
    .map((pair) => /^(\w+)=(.+)$/.exec(pair.trim().replace(/^at=/, 'ratedAt='))?.slice(1) ?? [])
  for (const [field] of chosen)
    if (!fields.some((known) => known === field))
      throw new InvalidArgumentError(`It must be FIELD=COLUMN,… with the fields ${fields.join(', ')}.`)
  return Object.fromEntries(chosen)
}

/** `0.5:5`: the lowest and the highest score of another scale. */
export function range(value: string): Range {
  const [low, high] = value.split(':').map(numberOf)
  if (low === undefined || high === undefined || value.split(':').length !== 2 || !(low < high))
    throw new InvalidArgumentError('It must be LOW:HIGH, for example 0.5:5.')
  return { low, high }
}

/** `--yes`, of every command that asks on a terminal. */
export function yesOption(): Option {
  return new Option('--yes', 'do not ask; without a terminal nothing is asked')
}

/** `--reason`, of every decision. */
export function reasonOption(): Option {
  return new Option('--reason <text>', 'for the audit log')
}

/** `--by`, of every decision. */
export function byOption(): Option {
  return new Option('--by <name>', 'who does it, for the audit log; the account that runs this when left out')
}

/** `--dry-run`, of every command that changes much. */
export function dryRunOption(meaning: string): Option {
  return new Option('--dry-run', `change nothing: ${meaning}`)
}

/** `--json`, of every reading command. */
export function jsonOption(): Option {
  return new Option('--json', 'one JSON document on stdout, nothing else there')
}
