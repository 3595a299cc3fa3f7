import { useEffect, useState } from 'react'

/** A little more than the views' reads are apart: they draw anew themselves. */
const silenceMs = 1_200

/** The time at each drawing; draws again where nothing else did for a second. */
export function useClock(now: () => number): number {
  const [, setTurn] = useState(0)
  // After every drawing.
  useEffect(() => {
    const timer = setTimeout(() => setTurn((turn) => turn + 1), silenceMs)
    return () => clearTimeout(timer)
  })
  return now()
}
