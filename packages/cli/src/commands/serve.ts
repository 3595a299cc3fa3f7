import { createOpsRouter, createProblemHandler, createRouter, createTokenBucket } from '@post-rate/express'
import express from 'express'
import { authenticationFor } from '../authentication.ts'
import type { Context } from '../context.ts'
import { listen, notFound, unexpected } from '../http-server.ts'
import { exitCodeOfStop } from './relay.ts'

interface ServeFlags {
  port: number
  host: string
  auth?: string
  jwks?: string
  jwtIssuer?: string
  jwtAudience?: string
  prefix: string
  relay: boolean
  create: boolean
  rateLimit?: number
}

/** The API and the operational endpoints, with the relay unless another process has it. */
export async function serve(context: Context): Promise<number> {
  const flags = context.flags as unknown as ServeFlags
  const { jwtSecret } = await context.configuration()
  const { jwks, jwtIssuer: issuer, jwtAudience: audience } = flags
  const authentication = await authenticationFor(flags.auth, { secret: jwtSecret, jwks, issuer, audience })
  const postRate = await context.open({ roles: { relay: flags.relay }, verbose: true })
  const app = express()
  app.disable('x-powered-by')
  app.use(createOpsRouter({ postRate }))
  app.use(
    flags.prefix,
    createRouter({
      postRate,
      ...authentication,
      authorize: ({ action }) => action !== 'create-post' || flags.create,
      ...(flags.rateLimit === undefined ? {} : { rateLimit: createTokenBucket({ perMinute: flags.rateLimit }) }),
    }),
  )
  app.use(createProblemHandler(), notFound, unexpected(context))
  const url = await listen(context, app, flags.host, flags.port)
  await context.talk.line(`${url}${flags.prefix.replace(/\/$/, '')}/`)
  context.talk.note(`Serving${flags.relay ? ', with the relay' : ''}. Stop it with Ctrl-C.`)
  return exitCodeOfStop(await context.stopped())
}
