import { invalidInput } from '../errors.ts'
import type { StatsStore, StoreMark } from '../ports/stats-store.ts'
import type { ReconcilerTimings } from './timings.ts'

/**
 * Two deployments in one stats store would take each other's copies for their own and overwrite them for ever. What
 * another one left behind is taken over; one that is at work is told by its mark, which moves.
 * @throws PostRateError INVALID_INPUT where another deployment is at work
 */
export async function refuseForeignStore(
  store: StatsStore,
  mark: StoreMark,
  source: string,
  { foreignMarkMs }: Pick<ReconcilerTimings, 'foreignMarkMs'>,
): Promise<void> {
  if (mark.source === null || mark.source === source) return
  await new Promise((resolve) => setTimeout(resolve, foreignMarkMs))
  const later = await store.mark()
  if (later.source === null || later.source === source || later.watermark === mark.watermark) return
  throw invalidInput(
    'redisPrefix',
    'another deployment keeps its statistics under this prefix in this Redis: give each one a prefix of its own',
  )
}
