import { InvalidArgumentError, Option } from 'commander'
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

/** `--yes`, of every command that asks on a terminal. */
export function yesOption(): Option {
  return new Option('--yes', 'do not ask; without a terminal nothing is asked')
}

/** `--dry-run`, of every command that changes much. */
export function dryRunOption(meaning: string): Option {
  return new Option('--dry-run', `change nothing: ${meaning}`)
}

/** `--json`, of every reading command. */
export function jsonOption(): Option {
  return new Option('--json', 'one JSON document on stdout, nothing else there')
}
