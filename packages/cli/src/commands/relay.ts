import { createOpsRouter } from '@post-rate/express'
import express from 'express'
import type { Roles } from 'post-rate'
import type { Context } from '../context.ts'
import type { Interrupted } from '../errors.ts'
import { exitCodes } from '../exit-code.ts'
import { listen, notFound, unexpected } from '../http-server.ts'

export async function relay(context: Context): Promise<number> {
  return runRoles(context, { relay: true }, 'The relay runs.')
}

/** Starts roles and keeps them until the run is told to stop; with `--port` it tells how they are. */
export async function runRoles(context: Context, roles: Roles, started: string): Promise<number> {
  const { port, host } = context.flags as { port?: number; host: string }
  const postRate = await context.open({ roles, verbose: true })
  if (port !== undefined) {
    const app = express()
    app.disable('x-powered-by')
    app.use(createOpsRouter({ postRate }), notFound, unexpected(context))
    await context.talk.line(`${await listen(context, app, host, port)}/`)
  }
  context.talk.note(`${started} Stop it with Ctrl-C.`)
  return exitCodeOfStop(await context.stopped())
}

/** SIGTERM is how a role is asked to end, so it has done its work; Ctrl-C is an interruption. */
export function exitCodeOfStop({ signalName }: Interrupted): number {
  return signalName === 'SIGINT' ? exitCodes.interrupted : exitCodes.done
}
