// Rate, list and withdraw from a script.
import { setTimeout as sleep } from 'node:timers/promises'
import { createPostRate, isPostRateError } from 'post-rate'

const { DATABASE_URL } = process.env

if (DATABASE_URL) await main(DATABASE_URL)
else {
  console.error('DATABASE_URL is missing, for example postgres://post_rate:post_rate@127.0.0.1:5432/post_rate')
  process.exitCode = 3
}

/** @param {string} database */
async function main(database) {
  const postRate = createPostRate({ database })
  try {
    await postRate.migrate()
    await postRate.start({ relay: true })
    await rateAndList(postRate)
  } catch (error) {
    console.error(isPostRateError(error) ? `${error.code}: ${error.message}` : error)
    process.exitCode = 1
  } finally {
    await postRate.close()
  }
}

/** @param {import('post-rate').PostRate} postRate */
async function rateAndList(postRate) {
  const { id } = await postRate.posts.create({ title: 'Hello', content: 'Rate me.', createdBy: 'ada' })
  console.log(`post ${id}: made`)

  for (const [userId, score] of Object.entries({ ada: 5, ben: 3, cleo: 0 })) {
    const receipt = await postRate.ratings.rate({ postId: id, userId, score })
    console.log(`${userId} rates ${receipt.score} (before: ${receipt.previousScore ?? 'nothing'})`)
  }
  const changed = await postRate.ratings.rate({ postId: id, userId: 'ben', score: 4 })
  console.log(`ben rates ${changed.score} (before: ${changed.previousScore})`)
  await counted(postRate, id, 3)

  const { items } = await postRate.posts.list({ limit: 1, userId: 'ben' })
  const [post] = items
  console.log(`ben sees: own score ${post?.myScore}, average ${post?.stats.average} of ${post?.stats.count}`)
  console.log(`the average holds until ${post?.stats.nextUpdateAt}`)

  await postRate.ratings.withdraw({ postId: id, userId: 'cleo' })
  const live = await counted(postRate, id, 2)
  console.log(`cleo withdraws: live average ${live.average} of ${live.count}`)
}

/**
 * Waits until the relay has counted so many ratings of a post; resolves to the live figures.
 * @param {import('post-rate').PostRate} postRate
 * @param {number} id
 * @param {number} count
 */
async function counted(postRate, id, count) {
  for (;;) {
    const [inspected] = await postRate.stats.get([id])
    if (inspected?.live.count === count) return inspected.live
    await sleep(50)
  }
}
