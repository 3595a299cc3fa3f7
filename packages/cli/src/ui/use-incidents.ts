import type { Incident, PostRate } from 'post-rate'
import { useCallback } from 'react'
import { type Polled, usePoll } from './use-poll.ts'

/** Incidents that the largest terminal shows. */
const shown = 20

/** The newest incidents, read every second while `active`. */
export function useIncidents(
  postRate: { incidents: Pick<PostRate['incidents'], 'list'> },
  { active }: { active: boolean },
): Polled<readonly Incident[]> {
  const read = useCallback(async () => (await postRate.incidents.list({ limit: shown })).items, [postRate])
  return usePoll(active ? read : null, 1000)
}
