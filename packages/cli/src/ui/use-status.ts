import type { PostRate, Status } from 'post-rate'
import { useCallback, useRef } from 'react'
import { type Polled, usePoll } from './use-poll.ts'

export interface StatusWithPast {
  status: Status
  /** Ratings a second of the last minutes, oldest first; the last one is `status`'s own. */
  past: readonly (number | null)[]
}

const samplesKept = 240

/** The status, read every second, with what the last minutes were like. `unseen`: where no view shows it. */
export function useStatus(postRate: Pick<PostRate, 'status'>, options: { unseen: boolean }): Polled<StatusWithPast> {
  const past = useRef<(number | null)[]>([])
  const read = useCallback(async () => {
    const status = await postRate.status()
    past.current = [...past.current, status.ratingsPerSecond].slice(-samplesKept)
    return { status, past: past.current }
  }, [postRate])
  return usePoll(read, 1000, options)
}
