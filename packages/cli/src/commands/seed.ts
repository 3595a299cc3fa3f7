import type { Context } from '../context.ts'
import { decide } from '../decision.ts'
import { type DemoData, makeDemoData } from '../demo/demo-data.ts'
import { CommandError, UsageError } from '../errors.ts'
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
  if (context.flags.yes !== true && (await postRate.posts.list({ limit: 1 })).items.length > 0)
    throw new CommandError('The database has posts already: add --yes to put demo data beside them.')
  const began = performance.now()
  const posts = talk.progress('Posts')
  const ratings = talk.progress('Ratings')
  const work = () =>
    makeDemoData(postRate, data, signal, {
      onPost: (done) => posts.update(done, data.posts),
      onRating: (done) => ratings.update(done, data.ratings),
    }).finally(() => ratings.clear())
  await decide(context, postRate, { action: 'seed' }, work, () => ({ posts: data.posts, ratings: data.ratings }))
  const seconds = Math.round(performance.now() - began) / 1000
  if (talk.json) await talk.document({ posts: data.posts, users: data.users, ratings: data.ratings, seconds })
  else await talk.line(`${data.posts} posts, ${data.ratings} ratings by ${data.users} users, ${seconds} s`)
  return exitCodes.done
}
