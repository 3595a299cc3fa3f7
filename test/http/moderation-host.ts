import { createModerationRouter, type ModerationRouterOptions } from '@post-rate/express'
import type { ExecutionContext } from 'ava'
import express, { type Express } from 'express'
import type { Incident, PostRate } from 'post-rate'
import { createMemoryPostRate } from 'post-rate/memory'
import { cleanUp } from '../helpers/clean-up.ts'
import { eventually } from '../helpers/eventually.ts'
import { exchange, listen, type Parser, type Sent } from './http-host.ts'

export interface ModerationHostOptions extends Partial<Omit<ModerationRouterOptions, 'postRate'>> {
  parser?: Parser
  prefix?: string
}

/** A host whose moderators say their name in `x-user`, over a deployment in memory with windows of two seconds. */
export async function startModeration(t: ExecutionContext, options: ModerationHostOptions = {}) {
  const { parser = 'none', prefix = '/moderation', ...routerOptions } = options
  const postRate = createMemoryPostRate({ display: { windowSeconds: 2 } })
  cleanUp(t, () => postRate.close())
  await postRate.migrate()
  await postRate.start({ relay: true })
  const errors: unknown[] = []
  const app: Express = express()
  if (parser === 'before') app.use(express.json({ limit: '1mb' }))
  app.use(
    prefix,
    createModerationRouter({ postRate, moderatorOf: (req) => req.get('x-user') ?? null, ...routerOptions }),
  )
  app.use((req: express.Request, res: express.Response) => {
    res.status(404).json({ host: 'fell through', url: req.originalUrl })
  })
  app.use((error: unknown, _req: express.Request, res: express.Response, _next: () => void) => {
    errors.push(error)
    res.status(599).json({ host: 'error' })
  })
  const port = await listen(t, app)
  const send = (method: string, path: string, sent: Sent = {}) => exchange(port, method, prefix + path, sent)
  /** As the moderator ada. */
  const get = async (path: string) => (await send('GET', path, { user: 'ada' })).json
  const post = (path: string, body: unknown) => send('POST', path, { user: 'ada', body })
  return { postRate, errors, port, send, get, post }
}

/** A post with `fans` fives of long ago; resolves to its id once they show. */
export async function fannedPost(postRate: PostRate, title: string, fans: number): Promise<number> {
  const { id } = await postRate.posts.create({ title, content: 'Flour.', createdBy: 'ada' })
  const ratedAt = '2020-01-01T00:00:00Z'
  await postRate.ratings.import(
    Array.from({ length: fans }, (_, line) => ({ line, post: id, user: `fan${line}`, score: 5 - (line % 2), ratedAt })),
  )
  await eventually(async () => (await postRate.posts.get(id)).stats.count === fans)
  return id
}

/**
 * Zeros, and a one in each dozen, by so many accounts that are not established; resolves to the incident once all of them are displayed.
 * They come early in a window of the post, so that none of them comes before the window in which the guard is armed.
 */
export async function raid(postRate: PostRate, postId: number, raiders: number, name = 'raider'): Promise<Incident> {
  const { count, nextUpdateAt } = (await postRate.posts.get(postId)).stats
  await new Promise((resolve) => setTimeout(resolve, Date.parse(nextUpdateAt as string) + 50 - postRate.now()))
  const ratings = Array.from({ length: raiders }, (_, n) => ({ userId: `${name}${n}`, score: n % 12 === 11 ? 1 : 0 }))
  await Promise.all(ratings.map((rating) => postRate.ratings.rate({ postId, ...rating, established: false })))
  return eventually(async () => {
    const { count: shown } = (await postRate.posts.get(postId)).stats
    return shown === count + raiders && (await postRate.incidents.list({ postId })).items[0]
  })
}
