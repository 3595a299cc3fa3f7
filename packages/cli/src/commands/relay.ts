import type { Roles } from 'post-rate'
import type { Context } from '../context.ts'
import type { Interrupted } from '../errors.ts'
import { exitCodes } from '../exit-code.ts'

export async function relay(context: Context): Promise<number> {
  return runRoles(context, { relay: true }, 'The relay runs.')
}

/** Starts roles and keeps them until the run is told to stop. */
export async function runRoles(context: Context, roles: Roles, started: string): Promise<number> {
  await context.open({ roles, verbose: true })
  context.talk.note(`${started} Stop it with Ctrl-C.`)
  return exitCodeOfStop(await context.stopped())
}

/** SIGTERM is how a role is asked to end, so it has done its work; Ctrl-C is an interruption. */
export function exitCodeOfStop({ signalName }: Interrupted): number {
  return signalName === 'SIGINT' ? exitCodes.interrupted : exitCodes.done
}
