/** Numbers in [0, 1) that a text seed determines: FNV-1a into mulberry32. Not for secrets. */
export function seededRandom(seed: string): () => number {
  let state = 0x811c9dc5
  for (const byte of Buffer.from(seed)) state = Math.imul(state ^ byte, 0x01000193)
  return () => {
    state = (state + 0x6d2b79f5) | 0
    let mixed = Math.imul(state ^ (state >>> 15), 1 | state)
    mixed = (mixed + Math.imul(mixed ^ (mixed >>> 7), 61 | mixed)) ^ mixed
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 2 ** 32
  }
}

/** An integer from 0 to `below` - 1. */
export function pick(random: () => number, below: number): number {
  return Math.floor(random() * below)
}

export function choose<T>(random: () => number, list: readonly T[]): T {
  return list[pick(random, list.length)] as T
}
