import { createModerationRouter, createOpsRouter, createRouter } from '@post-rate/express'
import express from 'express'
import type { Context } from '../context.ts'
import { makeDemoData } from '../demo/demo-data.ts'
import { demoUserOf } from '../demo/demo-login.ts'
import { demoPage } from '../demo/page.ts'
import { raidHandler } from '../demo/raid.ts'
import { ConfigurationError } from '../errors.ts'
import { listen, notFound, thisMachineOnly, unexpected } from '../http-server.ts'
import { migrateDatabase } from './migrate.ts'
import { exitCodeOfStop } from './relay.ts'

const usualPort = 3000
const host = '127.0.0.1'
/** Seconds of a window in a new embedded database that is not configured: what was tried out shows soon. */
const shortWindow = 10
const demo = { posts: 20, users: 40, ratings: 300, seed: 'dev' }

/** Everything in one process: database, demo posts, relay, API, docs and a page to click on. */
export async function dev(context: Context): Promise<number> {
  const { database, redis, kafkaBrokers, windowSeconds } = await context.configuration()
  const postRate = await context.open({ create: true, check: false, verbose: true })
  const isEmbedded = database === undefined && windowSeconds === undefined
  await migrateDatabase(context, postRate, isEmbedded ? { windowSeconds: shortWindow } : {})
  await context.start(postRate, { relay: true, consumer: redis !== undefined && kafkaBrokers !== undefined })
  if ((await postRate.posts.list({ limit: 1 })).items.length === 0) {
    await makeDemoData(postRate, demo, context.signal)
    context.talk.note(`Made ${demo.posts} demo posts with ${demo.ratings} ratings.`)
  }
  const app = express()
  app.disable('x-powered-by')
  app.use(thisMachineOnly)
  app.use(createOpsRouter({ postRate }))
  app.use('/api', createRouter({ postRate, getUser: demoUserOf, authorize: () => true, varyHeader: 'X-Demo-User' }))
  app.use('/moderation', createModerationRouter({ postRate, moderatorOf: () => 'dev' }))
  app.use(
    '/raid',
    raidHandler(postRate, context.signal, (error) => context.talk.note(`The raid failed: ${String(error)}`)),
  )
  app.get('/', demoPage)
  app.use(notFound, unexpected(context))
  const url = await listenSomewhere(context, app)
  await context.talk.line(url)
  context.talk.note(
    [
      `Page ${url}/   moderation ${url}/moderation   API ${url}/api/posts   reference ${url}/api/docs   health ${url}/readyz`,
      `Try: curl -X PUT ${url}/api/posts/1/rating -H 'X-Demo-User: ada' -H 'Content-Type: application/json' -d '{"score":5}'`,
      'Anyone may be anyone here: this is for trying out, not for the internet. Stop it with Ctrl-C.',
    ].join('\n'),
  )
  return exitCodeOfStop(await context.stopped())
}

/** The port that was asked for; without one the usual, or a free one where that is taken. */
async function listenSomewhere(context: Context, app: express.Express): Promise<string> {
  const { port } = context.flags as { port?: number }
  if (port !== undefined) return listen(context, app, host, port)
  try {
    return await listen(context, app, host, usualPort)
  } catch (error) {
    if (!(error instanceof ConfigurationError)) throw error
    context.talk.note(`Port ${usualPort} is taken; this is another one.`)
    return listen(context, app, host, 0)
  }
}
