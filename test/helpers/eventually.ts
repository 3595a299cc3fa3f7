import { setTimeout as sleep } from 'node:timers/promises'

export interface EventuallyOptions {
  /** Milliseconds after which it gives up. Default 30000, since other test files run at the same time. */
  timeout?: number
  /** Milliseconds between two tries. Default 50. */
  interval?: number
  /** What was waited for, for the error. */
  message?: string
}

/**
 * Calls `attempt` until it resolves with something other than `false`, `null` or `undefined`, and resolves with that.
 * An attempt that throws counts as "not yet". Rejects after `timeout`; the last error is its `cause`.
 */
export async function eventually<T>(
  attempt: () => Promise<T | false | null | undefined> | T | false | null | undefined,
  { timeout = 30_000, interval = 50, message = 'It did not come about' }: EventuallyOptions = {},
): Promise<T> {
  const deadline = Date.now() + timeout
  for (;;) {
    let cause: unknown
    try {
      const value = await attempt()
      if (value !== false && value !== null && value !== undefined) return value
      cause = new Error(`The last attempt gave ${value}`)
    } catch (error) {
      cause = error
    }
    if (Date.now() >= deadline) throw new Error(`${message} within ${timeout} ms`, { cause })
    await sleep(interval)
  }
}
