const dayMs = 86_400_000
const shortest = 7

/**
 * A post's ratings over time, as the API gives them.
 * @typedef {object} History
 * @property {number} postId
 * @property {string} asOf
 * @property {string | null} nextUpdateAt
 * @property {number | null} average
 * @property {number[]} before
 * @property {{ start: string, counts: number[], excluded: number[] }[]} buckets
 * @property {{ from: string, to: string | null, state: 'open' | 'released' | 'excluded' | 'expired' }[]} incidents
 * @property {{ from: string, to: string, count: number, reason: string }[]} exclusions
 */

/**
 * One day of the chart.
 * @typedef {object} Day
 * @property {number} time its begin, UTC
 * @property {number[]} counts ratings that count, by score
 * @property {number} count all of them
 * @property {number} excluded ratings that do not count
 * @property {number | null} average of all that counts up to its end
 */

/** Start of the day, UTC. @param {number} time */
export function dayOf(time) {
  return Math.floor(time / dayMs) * dayMs
}

/** Begin of the last so many days. @param {number} now @param {number} days */
export function firstDay(now, days) {
  return dayOf(now) - (days - 1) * dayMs
}

/**
 * Every day up to `now`, those without ratings too: at most `most`, and not before the first rating, but a week at least. The last
 * one has the displayed average. Where none is displayed, no day has one.
 * @param {History} history
 * @param {number} now
 * @param {number} most
 * @returns {Day[]}
 */
export function daysOf({ asOf, average, before, buckets }, now, most) {
  const last = dayOf(Math.max(now, Date.parse(asOf)))
  const oldest = last - (most - 1) * dayMs
  const known = new Map(buckets.map((bucket) => [dayOf(Date.parse(bucket.start)), bucket]))
  const begun = sum(before) > 0 ? oldest : Math.min(...known.keys(), last)
  const first = Math.max(oldest, Math.min(begun, last - (shortest - 1) * dayMs))
  const total = [...before]
  for (const [time, { counts }] of known) if (time < first) add(total, counts)
  return Array.from({ length: (last - first) / dayMs + 1 }, (_, n) => {
    const time = first + n * dayMs
    const { counts, excluded } = known.get(time) ?? { counts: [0, 0, 0, 0, 0, 0], excluded: [] }
    add(total, counts)
    const running = average === null || sum(total) === 0 ? null : meanOf(total)
    return { time, counts, count: sum(counts), excluded: sum(excluded), average: time === last ? average : running }
  })
}

/** Where a period lies among the days, in days from the first one. @param {string} from @param {string | null} to @param {Day[]} days */
export function placeOf(from, to, days) {
  const [begin, length] = [days[0]?.time ?? 0, days.length]
  const start = Math.max(0, (Date.parse(from) - begin) / dayMs)
  const end = to === null ? length : Math.min(length, (Date.parse(to) - begin) / dayMs)
  return { start, end }
}

/** @param {readonly number[]} values */
export function sum(values) {
  return values.reduce((total, value) => total + value, 0)
}

/** @param {number[]} total @param {readonly number[]} added */
function add(total, added) {
  for (const [score, count] of added.entries()) total[score] = (total[score] ?? 0) + count
}

/** @param {readonly number[]} histogram */
function meanOf(histogram) {
  return sum(histogram.map((count, score) => count * score)) / sum(histogram)
}
