import { make } from '../stars/make.js'

/** How the page writes numbers and times: as the browser's user is used to. */

/** @param {number} count @param {string} one @param {string} [many] */
export function plural(count, one, many = `${one}s`) {
  return `${count.toLocaleString('en')} ${count === 1 ? one : many}`
}

/** @param {number | null} average */
export function stars(average) {
  return average === null ? 'none' : average.toFixed(2)
}

/** @param {string} time ISO 8601 */
export function moment(time) {
  const text = new Date(time).toLocaleString('en-GB', { dateStyle: 'medium', timeStyle: 'medium' })
  return make('time', { dateTime: time, textContent: text })
}

/** @param {string} from @param {string | null} to ISO 8601; null: it goes on */
export function period(from, to) {
  return to === null ? ['since ', moment(from)] : [moment(from), ' to ', moment(to)]
}

/** A post by its number, and its title where it is known. @param {number} id @param {string | null | undefined} title */
export function postName(id, title) {
  return title ? `${title} (post ${id})` : `Post ${id}`
}

/** @param {number[]} counts by score */
export function averageOf(counts) {
  const count = countOf(counts)
  return count === 0 ? null : counts.reduce((sum, n, score) => sum + n * score, 0) / count
}

/** @param {number[]} counts by score */
export function countOf(counts) {
  return counts.reduce((sum, n) => sum + n, 0)
}
