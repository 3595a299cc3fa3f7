/** Numbers that depend on the seed and on who asks for the how-many-th time, not on what happens elsewhere. */
export class Chance {
  readonly #seed: number
  readonly #asked = new Map<string, number>()

  constructor(seed: number) {
    this.#seed = seed
  }

  /** A fraction from 0 up to, without, 1. */
  next(who: string): number {
    const n = (this.#asked.get(who) ?? 0) + 1
    this.#asked.set(who, n)
    return mix(this.#seed ^ mix(textHash(who) + n)) / 2 ** 32
  }

  /** A whole number below `limit`. */
  below(limit: number, who: string): number {
    return Math.floor(this.next(who) * limit)
  }
}

const hashes = new Map<string, number>()

function textHash(text: string): number {
  let hash = hashes.get(text)
  if (hash === undefined) {
    hash = 0
    for (let i = 0; i < text.length; i++) hash = Math.imul(hash ^ text.charCodeAt(i), 0x01000193)
    hashes.set(text, hash)
  }
  return hash
}

function mix(value: number): number {
  let hash = Math.imul(value ^ (value >>> 16), 0x85ebca6b)
  hash = Math.imul(hash ^ (hash >>> 13), 0xc2b2ae35)
  return (hash ^ (hash >>> 16)) >>> 0
}
