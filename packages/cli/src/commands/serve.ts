import { createOpsRouter, createProblemHandler, createRouter, type RateLimitOptions } from '@post-rate/express'
import express from 'express'
import { Registry } from 'prom-client'
import { authenticationFor } from '../authentication.ts'
import type { Configuration } from '../configuration.ts'
import type { Context } from '../context.ts'
import { ConfigurationError } from '../errors.ts'
import { listen, notFound, unexpected } from '../http-server.ts'
import { streamLogger } from '../logger.ts'
import { exitCodeOfStop } from './relay.ts'

interface ServeFlags {
  port: number
  host: string
  auth?: string
  jwks?: string
  jwtIssuer?: string
  jwtAudience?: string
  jwtAllowNoExp: boolean
  prefix: string
  publicPath?: string
  relay: boolean
  create: boolean
}

/** The API and the operational endpoints, with the relay unless another process has it. */
export async function serve(context: Context): Promise<number> {
  const flags = context.flags as unknown as ServeFlags
  const configuration = await context.configuration()
  const { jwtSecret } = configuration
  const { jwks, jwtIssuer: issuer, jwtAudience: audience, jwtAllowNoExp: allowNoExpiry, publicPath } = flags
  const logger = streamLogger(context.io.stderr, true)
  const jwt = { secret: jwtSecret, jwks, issuer, audience, allowNoExpiry, logger }
  const authentication = await authenticationFor(flags.auth, jwt)
  const postRate = await context.open({ roles: { relay: flags.relay }, verbose: true })
  const app = express()
  app.disable('x-powered-by')
  trustProxy(app, configuration.trustProxy)
  const registry = new Registry()
  const address = publicPath === undefined ? {} : { publicPath }
  app.use(createOpsRouter({ postRate, registry }))
  app.use(
    flags.prefix,
    createRouter({
      postRate,
      ...authentication,
      authorize: ({ action }) => action !== 'create-post' || flags.create,
      rateLimit: rateLimitOf(configuration),
      registry,
      ...address,
    }),
  )
  app.use(flags.prefix, createProblemHandler(address))
  app.use(notFound, unexpected(context))
  if (configuration.rateLimitPerAddress !== undefined && configuration.trustProxy === undefined)
    context.talk.note(
      'Addresses are limited as they connect: behind a proxy say --trust-proxy, or all share its limit.',
    )
  if (flags.auth?.startsWith('header:') && !isLoopback(flags.host))
    context.talk.note(
      `Warning: anybody who reaches ${flags.host} can be any user by sending the header. Let only the proxy that sets it reach this port.`,
    )
  const url = await listen(context, app, flags.host, flags.port)
  await context.talk.line(`${url}${flags.prefix.replace(/\/$/, '')}/`)
  context.talk.note(`Serving${flags.relay ? ', with the relay' : ''}. Stop it with Ctrl-C.`)
  return exitCodeOfStop(await context.stopped())
}

function isLoopback(host: string): boolean {
  return /^(localhost|127\..*|::1)$/.test(host)
}

/** The quotas are per minute. */
function rateLimitOf({ rateLimit, rateLimitPerAddress }: Configuration): RateLimitOptions {
  const quota = (requests: number) => ({ requests, seconds: 60 })
  return {
    ...(rateLimit !== undefined && { perUser: quota(rateLimit) }),
    ...(rateLimitPerAddress !== undefined && { perAddress: quota(rateLimitPerAddress) }),
  }
}

/** Whose `X-Forwarded-For` counts. @throws ConfigurationError for what Express does not understand */
function trustProxy(app: express.Express, proxies: string | undefined): void {
  if (proxies === undefined) return
  try {
    app.set('trust proxy', /^\d+$/.test(proxies) ? Number(proxies) : proxies)
  } catch (error) {
    throw new ConfigurationError(
      `--trust-proxy (POST_RATE_TRUST_PROXY) must be a number of proxies or their addresses: ${(error as Error).message}.`,
    )
  }
}
