import { isPostRateError } from '../errors.ts'

const longestMs = 10_000
const pauseMs = 50

/** Repeats what another transaction keeps from being done: it is `OVERLOADED`. That error is the caller's after ten seconds. */
export async function untilFree<T>(attempt: () => Promise<T>): Promise<T> {
  for (const began = performance.now(); ; ) {
    try {
      return await attempt()
    } catch (error) {
      if (!isPostRateError(error) || error.code !== 'OVERLOADED' || performance.now() - began > longestMs) throw error
    }
    await new Promise((resolve) => setTimeout(resolve, pauseMs))
  }
}
