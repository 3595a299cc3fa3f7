import { databaseError, sqlState } from './postgres-database.ts'
import { isRejection } from './postgres-error.ts'
import { isLockTimeout } from './row-locks.ts'

/**
 * One bad row fails a whole statement. Halving the batch until it stands alone lets its neighbours through; the lone row is
 * answered with its error, or with nothing where its post vanished in between.
 */
export async function splitBatch<T, R>(
  batch: readonly T[],
  run: (part: readonly T[]) => Promise<R[]>,
): Promise<(R | Error | undefined)[]> {
  try {
    return await retryContended(() => run(batch))
  } catch (error) {
    const state = sqlState(error) ?? ''
    // A row alone waits for one lock and holds none: it cannot be part of another deadlock.
    const contended = (isContention(state) || isLockTimeout(error)) && batch.length > 1
    if (!isOfRow(state) && !contended) throw error
    if (batch.length === 1) return [isPostMissing(error) ? undefined : (error as Error)]
    const middle = batch.length >> 1
    return [...(await splitBatch(batch.slice(0, middle), run)), ...(await splitBatch(batch.slice(middle), run))]
  }
}

/** A deadlock or a serialization failure undid the whole statement, so it can be run again. */
export async function retryContended<T>(run: () => Promise<T>): Promise<T> {
  for (let attempt = 1; ; attempt++) {
    try {
      return await run()
    } catch (error) {
      if (attempt === 5 || !isContention(sqlState(error) ?? '')) throw error
      await new Promise((resolve) => setTimeout(resolve, Math.random() * 20 * attempt))
    }
  }
}

/** A deadlock or a serialization failure: others wanted the same rows at the same moment. */
export function isContention(state: string): boolean {
  return state === '40P01' || state === '40001'
}

/** A data exception, or a rule of the host's: the fault of a row. */
export function isOfRow(state: string): boolean {
  return state.startsWith('22') || isRejection(state)
}

/** A foreign key on the post. The host may have one on the user: then the detail, in whatever language, names another column. */
function isPostMissing(error: unknown): boolean {
  const { code, detail = '(post_id)=' } = databaseError(error) ?? {}
  return code === '23503' && detail.includes('(post_id)=')
}
