/**
 * What a step touches. Two steps whose footprints do not conflict come to the same in either order, so one order of them
 * is enough. `writes` are locked until the transaction ends and seen by nobody before it; `publishes` become visible.
 */
export interface Footprint {
  reads: ReadonlySet<string>
  /** Locked against changes, not against each other. */
  shares: ReadonlySet<string>
  /** Locked for this session alone. */
  writes: ReadonlySet<string>
  publishes: ReadonlySet<string>
  /** Conflicts with every other step. */
  alone?: boolean
}

const nothing: ReadonlySet<string> = new Set()

export const noFootprint: Footprint = { reads: nothing, shares: nothing, writes: nothing, publishes: nothing }

export function conflict(a: Footprint, b: Footprint): boolean {
  if (a.alone || b.alone) return true
  return (
    meet(a.writes, b.writes) ||
    meet(a.writes, b.shares) ||
    meet(a.shares, b.writes) ||
    meet(a.publishes, b.reads) ||
    meet(a.reads, b.publishes)
  )
}

/** True where it touches nothing that another step could see or wait for. */
export function isPrivate({ reads, shares, writes, publishes, alone }: Footprint): boolean {
  return !alone && reads.size + shares.size + writes.size + publishes.size === 0
}

export function together(...parts: readonly Footprint[]): Footprint {
  const union = (of: 'reads' | 'shares' | 'writes' | 'publishes') => new Set(parts.flatMap((part) => [...part[of]]))
  return {
    reads: union('reads'),
    shares: union('shares'),
    writes: union('writes'),
    publishes: union('publishes'),
    ...(parts.some((part) => part.alone) ? { alone: true } : {}),
  }
}

function meet(a: ReadonlySet<string>, b: ReadonlySet<string>): boolean {
  for (const name of a) if (b.has(name)) return true
  return false
}
