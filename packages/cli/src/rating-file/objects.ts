import { describeColumns, type FoundColumns, fields, findColumns } from './columns.ts'
import type { FileRating, Place, Reading } from './reading.ts'

/** Reads ratings from JSON objects, whose keys may have the names that columns of CSV may have. */
export class Objects {
  readonly #reading: Reading
  /** By the object's keys: objects of one file have few kinds of them. */
  readonly #known = new Map<string, FoundColumns>()

  constructor(reading: Reading) {
    this.#reading = reading
  }

  /** `text` null: it is not UTF-8, or too long. Returns null where the record was rejected. */
  rating(place: Place, text: string | null): FileRating | null {
    const object = text === null ? null : parseObject(text)
    if (object === null) {
      this.#reading.reject(place, text === null ? 'too long, or not UTF-8' : 'not a JSON object')
      return null
    }
    const keys = Object.keys(object)
    const { places, excludedRatedAt } = this.#columnsOf(keys)
    const values: Record<string, unknown> = {}
    for (const field of fields) {
      const at = places[field]
      if (at !== undefined) values[field] = object[keys[at] as string]
    }
    if (places.excluded === undefined && excludedRatedAt !== undefined) {
      const excludedAt = object[keys[excludedRatedAt] as string]
      values.excluded = typeof excludedAt === 'string' && excludedAt === values.ratedAt
    }
    // Ids are text here and numbers in many other systems.
    if (Number.isSafeInteger(values.user)) values.user = String(values.user)
    return this.#reading.rating(place, values)
  }

  #columnsOf(keys: readonly string[]): FoundColumns {
    const name = keys.join('\0')
    let found = this.#known.get(name)
    if (found === undefined) {
      const { columns = {}, required, onFound } = this.#reading.options
      // An object may lack a key that the others have.
      const chosen = Object.fromEntries(Object.entries(columns).filter(([, key]) => keys.includes(key)))
      found = findColumns(keys, chosen)
      const renamed = describeColumns(keys, found, required)
      if (this.#known.size === 0 && renamed.length > 0) onFound?.(`keys: ${renamed.join(', ')}`)
      if (this.#known.size === 100) this.#known.clear()
      this.#known.set(name, found)
    }
    return found
  }
}

function parseObject(text: string): Record<string, unknown> | null {
  try {
    const value: unknown = JSON.parse(text)
    return typeof value === 'object' && value !== null && !Array.isArray(value)
      ? (value as Record<string, unknown>)
      : null
  } catch {
    return null
  }
}
