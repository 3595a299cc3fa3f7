import { useEffect, useState } from 'react'

/** Reads a clock again every second. `now` must be stable. */
export function useClock(now: () => number): number {
  const [time, setTime] = useState(now)
  useEffect(() => {
    const timer = setInterval(() => setTime(now()), 1000)
    return () => clearInterval(timer)
  }, [now])
  return time
}
