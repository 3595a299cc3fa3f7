import type { GuardState } from '../../domain/display-policy.ts'
import { countOf, type Histogram, sumOf } from '../../domain/histogram.ts'
import type { PostStats } from '../../domain/post-stats.ts'
import { decodeDisplayed } from '../../domain/rating-change.ts'
import { isoTime } from '../../domain/time.ts'

/** The fields of a post's hash, in the order in which the gate takes their values. A tombstone has `deleted` besides. */
export const hashFields = [
  ...['version', 'count', 'sum', 'h0', 'h1', 'h2', 'h3', 'h4', 'h5', 'activity'],
  ...['shownCount', 'shownSum', 'shownAverage', 's0', 's1', 's2', 's3', 's4', 's5'],
  ...['asOf', 'nextUpdateAt', 'stepAt', 'shownActivity', 'guard'],
] as const

/** The values of {@link hashFields} for a state; an empty text stands for null. Equal states have equal values. */
export function encodeHash({ version, counts, activity, displayed, windowEnd, stepAt }: PostStats): string[] {
  const shown = displayed.counts
  return [
    ...[String(version), String(countOf(counts)), String(sumOf(counts)), ...counts.map(String), String(activity)],
    ...[String(countOf(shown)), String(sumOf(shown)), displayed.average === null ? '' : String(displayed.average)],
    ...[...shown.map(String), isoTime(displayed.asOf), windowEnd === null ? '' : isoTime(windowEnd)],
    ...[stepAt === null ? '' : isoTime(stepAt), String(displayed.activity)],
    displayed.guard === null ? '' : guardText(displayed.guard),
  ]
}

/** Always in this order: a copy that came through another store may have its keys in another one. */
function guardText({ armed, gap, since, memory }: GuardState): string {
  return JSON.stringify({ armed, gap, since, memory })
}

/** Reads a post's hash, which anyone may have written; null where it is not, field by field, what the gate writes. */
export function decodeHash(postId: number, hash: Record<string, string>): PostStats | null {
  const deleted = hash.deleted === '1'
  if (Object.keys(hash).length !== hashFields.length + (deleted ? 1 : 0)) return null
  const version = counter(hash.version)
  const activity = counter(hash.activity)
  const counts = histogram(hash, 'h', hash.count, hash.sum)
  const shown = histogram(hash, 's', hash.shownCount, hash.shownSum)
  if (version === null || activity === null || counts === null || shown === null) return null
  const displayed = decodeDisplayed({
    count: countOf(shown),
    sum: sumOf(shown),
    histogram: shown,
    average: average(hash.shownAverage),
    asOf: hash.asOf,
    nextUpdateAt: textOrNull(hash.nextUpdateAt),
    stepAt: textOrNull(hash.stepAt),
    activity: counter(hash.shownActivity),
    guard: parseGuard(hash.guard),
  })
  return displayed === null ? null : { postId, version, counts, activity, ...displayed, deleted }
}

function counter(text: string | undefined): number | null {
  if (text === undefined || !/^(?:0|[1-9][0-9]{0,15})$/.test(text)) return null
  const value = Number(text)
  return Number.isSafeInteger(value) ? value : null
}

function histogram(hash: Record<string, string>, letter: string, count?: string, sum?: string): Histogram | null {
  const counts: (number | null)[] = []
  for (let score = 0; score < 6; score++) counts.push(counter(hash[`${letter}${score}`]))
  if (counts.includes(null)) return null
  const found = counts as unknown as Histogram
  return countOf(found) === counter(count) && sumOf(found) === counter(sum) ? found : null
}

/** `undefined` where it is damaged: {@link decodeDisplayed} refuses it. */
function average(text: string | undefined): number | null | undefined {
  if (text === '') return null
  return text !== undefined && /^[0-5](?:\.[0-9]+)?$/.test(text) ? Number(text) : undefined
}

function textOrNull(text: string | undefined): string | null | undefined {
  return text === '' ? null : text
}

function parseGuard(text: string | undefined): unknown {
  if (text === '') return null
  try {
    return JSON.parse(text ?? '')
  } catch {
    return 'damaged'
  }
}
