/**
 * Runs `work` for every item, `limit` of them at a time. When one fails or `signal` is aborted nothing more is begun;
 * it rejects when what is in hand has ended.
 */
export async function inFlight<T>(
  items: Iterable<T>,
  limit: number,
  work: (item: T) => Promise<unknown>,
  signal: AbortSignal,
): Promise<void> {
  const iterator = items[Symbol.iterator]()
  let failed = false
  const lane = async () => {
    try {
      while (!failed && !signal.aborted) {
        const { done, value } = iterator.next()
        if (done) return
        await work(value)
      }
    } catch (error) {
      failed = true
      throw error
    }
  }
  const lanes = await Promise.allSettled(Array.from({ length: limit }, lane))
  for (const result of lanes) if (result.status === 'rejected') throw result.reason
  signal.throwIfAborted()
}
