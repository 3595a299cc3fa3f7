import type { Context } from '../context.ts'
import { type DemoData, makeDemoData } from '../demo/demo-data.ts'
import { UsageError } from '../errors.ts'
import { exitCodes } from '../exit-code.ts'
import { migrateDatabase } from './migrate.ts'

/** Makes demo data. On the embedded database it makes the database and its schema too, where they are missing. */
export async function seed(context: Context): Promise<number> {
  const { talk, signal } = context
  const data = context.flags as unknown as DemoData
  if (data.ratings > data.posts * data.users)
    throw new UsageError(`--ratings is at most posts × users, here ${data.posts * data.users}.`)
  const embedded = (await context.configuration()).database === undefined
  const postRate = await context.open({ create: true, check: !embedded })
  if (embedded) await migrateDatabase(context, postRate)
  const began = performance.now()
  const posts = talk.progress('Posts')
  const ratings = talk.progress('Ratings')
  await makeDemoData(postRate, data, signal, {
    onPost: (done) => posts.update(done, data.posts),
    onRating: (done) => ratings.update(done, data.ratings),
  }).finally(() => ratings.clear())
  const seconds = Math.round(performance.now() - began) / 1000
  if (talk.json) await talk.document({ posts: data.posts, users: data.users, ratings: data.ratings, seconds })
  else await talk.line(`${data.posts} posts, ${data.ratings} ratings by ${data.users} users, ${seconds} s`)
  return exitCodes.done
}
