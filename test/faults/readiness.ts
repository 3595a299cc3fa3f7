import { eventually } from '../helpers/eventually.ts'
import type { Probe } from './fault-case.ts'
import type { World } from './world.ts'

/** What `/readyz` of the first API process must say within 20 s of now: ready or not, and which servers are away. */
export async function readinessTells(
  world: World,
  probe: Probe,
  wanted: { ready: boolean; away: RegExp },
): Promise<void> {
  const url = world.apiUrls[0] as string
  let said = 'nothing'
  try {
    await eventually(
      async () => {
        const answer = await fetch(`${url}/readyz`, { signal: AbortSignal.timeout(8_000) })
        said = await answer.text()
        return answer.ok === wanted.ready && wanted.away.test(said)
      },
      { timeout: 20_000, interval: 500 },
    )
    probe.reached('readiness told')
  } catch {
    probe.wrong(`/readyz says ${said}, not ${wanted.ready ? 'ready' : 'unready'} with ${wanted.away}`)
  }
}
