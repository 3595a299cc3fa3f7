import { useEffect, useRef, useState } from 'react'
import { messageOf } from './message-of.ts'

export interface Polled<Value> {
  /** The last answer, also while later reads fail. */
  value: Value | null
  /** Why the last read failed; null when it did not. */
  error: string | null
  /** When the last read ended, `performance.now()` milliseconds. */
  at: number
}

/**
 * Reads again and again, `everyMs` apart where the answers are quick, never two reads at once: a new `read` waits for
 * the one in flight. A failure is a value, not an exception. `read` must be stable (`useCallback`); null pauses.
 */
export function usePoll<Value>(read: (() => Promise<Value>) | null, everyMs: number): Polled<Value> {
  const [polled, setPolled] = useState<Polled<Value>>({ value: null, error: null, at: performance.now() })
  const inFlight = useRef<Promise<void>>(Promise.resolve())

  useEffect(() => {
    if (read === null) return
    let ended = false
    let timer: NodeJS.Timeout | undefined
    const turn = async () => {
      await inFlight.current
      if (ended) return
      const started = performance.now()
      inFlight.current = read().then(
        (value) => {
          if (!ended) setPolled({ value, error: null, at: performance.now() })
        },
        (error: unknown) => {
          if (!ended) setPolled(({ value }) => ({ value, error: messageOf(error), at: performance.now() }))
        },
      )
      await inFlight.current
      if (!ended) timer = setTimeout(turn, Math.max(everyMs / 4, everyMs - (performance.now() - started)))
    }
    void turn()
    return () => {
      ended = true
      clearTimeout(timer)
    }
  }, [read, everyMs])

  return polled
}
