/** The scale of another system, whose lowest score becomes 0 and whose highest becomes 5. */
export interface Range {
  low: number
  high: number
}

/** A score of a file, and what is wrong with it. */
export interface ScoreOfFile {
  score: unknown
  problem?: string
}

/** Reads a score as a file has it: spaces around it, a decimal comma, or on the scale of another system. */
export function readScore(value: unknown, range: Range | undefined): ScoreOfFile {
  const text = typeof value === 'string' ? value.trim().replace(/^(-?\d+),(\d{1,2})$/, '$1.$2') : value
  if (range === undefined) return { score: text }
  const number = numberOf(text)
  if (!(number >= range.low && number <= range.high))
    return { score: text, problem: `score: must be a number from ${range.low} to ${range.high}, as --range says` }
  // The smallest part puts halves up that floating-point numbers put a hair below.
  return { score: Math.floor((5 * (number - range.low)) / (range.high - range.low) + 0.5 + 1e-9) }
}

/** NaN where it is none. */
export function numberOf(value: unknown): number {
  if (typeof value === 'number') return value
  return typeof value === 'string' && /^-?\d{1,15}(\.\d{1,15})?$/.test(value) ? Number(value) : Number.NaN
}
