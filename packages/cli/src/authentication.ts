import type { GetUser } from '@post-rate/express'
import type { JWTVerifyGetKey, KeyObject } from 'jose'
import { isUserId, type Logger, PostRateError } from 'post-rate'
import { ConfigurationError, UsageError } from './errors.ts'

/** How a server learns who is asking. */
export interface Authentication {
  getUser: GetUser
  /** Headers that tell who is asking, for caches. */
  varyHeader: string[]
  /** For 401. */
  challenge?: string
}

export interface JwtOptions {
  secret?: string | undefined
  jwks?: string | undefined
  issuer?: string | undefined
  audience?: string | undefined
  /** Accepts tokens without `exp`, which are valid for ever. */
  allowNoExpiry?: boolean | undefined
  /** Gets a warning when the keys cannot be fetched. */
  logger: Pick<Logger, 'warn'>
}

/** @throws UsageError for an `--auth` that is none, ConfigurationError where its key is missing */
export async function authenticationFor(how: string | undefined, jwt: JwtOptions): Promise<Authentication> {
  if (how === undefined)
    throw new UsageError('--auth is missing: say `--auth header:NAME` behind a proxy that sets it, or `--auth jwt`.')
  if (how === 'jwt') return byToken(jwt)
  const name = /^header:([A-Za-z0-9!#$%&'*+.^_`|~-]+)$/.exec(how)?.[1]
  if (name === undefined) throw new UsageError(`--auth ${how} is unknown: it is header:NAME or jwt.`)
  return byHeader(name)
}

/** The user's id as a trusted proxy wrote it, in UTF-8. */
function byHeader(name: string): Authentication {
  return {
    getUser: (req) => {
      // Sent twice it is in doubt who is asking: a proxy that adds the header has not removed the client's.
      const values = req.headersDistinct[name.toLowerCase()] ?? []
      if (values.length > 1) throw badHeader(name, 'must be sent once')
      // A proxy sends an empty header for a reader who is not logged in.
      if (!values[0]) return null
      const user = decodeUtf8(values[0])
      if (user === null) throw badHeader(name, 'must be UTF-8')
      if (!isUserId(user))
        throw badHeader(name, 'must be a user id: 1 to 255 characters, none of them a control character')
      return user
    },
    varyHeader: [name],
  }
}

/** The problem handler of the server answers it with 401 and the message. */
function badHeader(name: string, message: string): PostRateError {
  return new PostRateError('UNAUTHENTICATED', `${name}: ${message}`, { problems: [{ field: name, message }] })
}

/** The subject of a token. What cannot be a user's id is nobody; some issuers write the number that they count users with. */
function subjectOf(id: unknown): string | null {
  if (Number.isSafeInteger(id)) return String(id)
  return isUserId(id) ? id : null
}

/** Node reads headers as Latin-1; proxies send UTF-8. What is neither would make one user of many. */
function decodeUtf8(value: string): string | null {
  try {
    return new TextDecoder('utf-8', { fatal: true, ignoreBOM: true }).decode(Buffer.from(value, 'latin1'))
  } catch {
    return null
  }
}

/** `Authorization: Bearer …`; the user is the token's subject. A token that does not hold is as good as none. */
async function byToken({ issuer, audience, allowNoExpiry, ...from }: JwtOptions): Promise<Authentication> {
  const { jwtVerify, errors } = await import('jose')
  const { key, algorithms } = await keyFor(from)
  const options = {
    algorithms,
    requiredClaims: allowNoExpiry ? [] : ['exp'],
    ...(issuer ? { issuer } : {}),
    ...(audience ? { audience } : {}),
  }
  const verify = (token: string) =>
    typeof key === 'function' ? jwtVerify(token, key, options) : jwtVerify(token, key, options)
  return {
    getUser: async (req) => {
      const token = /^Bearer +([^\s]+) *$/i.exec(req.headers.authorization ?? '')?.[1]
      if (token === undefined) return null
      try {
        return subjectOf((await verify(token)).payload.sub)
      } catch (error) {
        if (!(error instanceof errors.JOSEError)) throw error
        return null
      }
    },
    varyHeader: [],
    challenge: 'Bearer',
  }
}

async function keyFor({ secret, jwks, logger }: Pick<JwtOptions, 'secret' | 'jwks' | 'logger'>): Promise<{
  key: KeyObject | JWTVerifyGetKey
  algorithms: string[]
}> {
  if (jwks !== undefined) {
    if (!/^https?:\/\//.test(jwks) || !URL.canParse(jwks)) throw new UsageError('--jwks must be an http(s) URL.')
    const algorithms = ['RS256', 'RS384', 'RS512', 'PS256', 'PS384', 'PS512', 'ES256', 'ES384', 'ES512', 'EdDSA']
    return { key: await remoteKeys(new URL(jwks), logger), algorithms }
  }
  if (secret === undefined || Buffer.byteLength(secret) < 32)
    throw new ConfigurationError(
      '--auth jwt wants POST_RATE_JWT_SECRET with at least 32 bytes (HS256), or --jwks with the URL of the issuer’s keys.',
    )
  const { createSecretKey } = await import('node:crypto')
  return { key: createSecretKey(Buffer.from(secret)), algorithms: ['HS256'] }
}

/** The issuer's keys. While they cannot be fetched, nobody knows whether a token holds: that is `UNAVAILABLE`, and no 401. */
async function remoteKeys(url: URL, logger: JwtOptions['logger']): Promise<JWTVerifyGetKey> {
  const { createRemoteJWKSet, errors } = await import('jose')
  const keys = createRemoteJWKSet(url)
  let failed = false
  return async (...token) => {
    try {
      const key = await keys(...token)
      failed = false
      return key
    } catch (error) {
      const isOfToken = [errors.JWKSNoMatchingKey, errors.JWKSMultipleMatchingKeys, errors.JOSENotSupported]
      if (isOfToken.some((kind) => error instanceof kind)) throw error
      const { message, cause } = error as Error
      const reason = cause instanceof Error ? `${message}: ${cause.message}` : message
      if (!failed) logger.warn(`cannot fetch the keys of the tokens' issuer; requests with a token get 503`, { reason })
      failed = true
      throw new PostRateError('UNAVAILABLE', `The keys of the tokens' issuer cannot be fetched: ${reason}.`, {
        cause: error,
      })
    }
  }
}
