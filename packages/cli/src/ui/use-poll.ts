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
 * the one in flight. A failure is a value, not an exception. `read` must be stable (`useCallback`); null pauses. `unseen`:
 * answers that nobody looks at are kept, and nothing is drawn for them: a drawing takes some 10 ms. `once`: only what
 * failed is read again.
 */
export function usePoll<Value>(
  read: (() => Promise<Value>) | null,
  everyMs: number,
  { unseen = false, once = false }: { unseen?: boolean; once?: boolean } = {},
): Polled<Value> {
  const latest = useRef<Polled<Value>>({ value: null, error: null, at: performance.now() })
  const [, draw] = useState(0)
  const quiet = useRef(unseen)
  quiet.current = unseen
  const inFlight = useRef<Promise<void>>(Promise.resolve())

  useEffect(() => {
    if (read === null) return
    let ended = false
    const settle = (value: Value | null, error: string | null) => {
      const before = latest.current
      latest.current = { value, error, at: performance.now() }
      if (!quiet.current || before.value === null || before.error !== error) draw((count) => count + 1)
    }
    let timer: NodeJS.Timeout | undefined
    const turn = async () => {
      await inFlight.current
      if (ended) return
      const started = performance.now()
      inFlight.current = read().then(
        (value) => {
          if (!ended) settle(value, null)
        },
        (error: unknown) => {
          if (!ended) settle(latest.current.value, messageOf(error))
        },
      )
      await inFlight.current
      if (ended || (once && latest.current.error === null)) return
      timer = setTimeout(turn, Math.max(everyMs / 4, everyMs - (performance.now() - started)))
    }
    void turn()
    return () => {
      ended = true
      clearTimeout(timer)
    }
  }, [read, everyMs, once])

  return latest.current
}
