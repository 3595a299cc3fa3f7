import { setTimeout as sleep } from 'node:timers/promises'
import type { FaultyServer } from '../servers.ts'

/** Starts a server that has ended, as its administrator would: again, when it ends at once. */
export async function restart(server: FaultyServer, env?: NodeJS.ProcessEnv): Promise<void> {
  for (let attempt = 0; attempt < 5; attempt++) {
    await server.start(env)
    await sleep(1_000)
    if (server.running) return
  }
  throw new Error('The server does not stay up')
}
