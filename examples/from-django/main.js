// Moves posts and ratings of a Django app over; run again it goes on.
import pg from 'pg'
import { createPostRate } from 'post-rate'
import { copyPosts } from './copy-posts.js'
import { readRatings } from './read-ratings.js'

const { DJANGO_DATABASE_URL, DATABASE_URL } = process.env

if (DJANGO_DATABASE_URL && DATABASE_URL) await main(DJANGO_DATABASE_URL, DATABASE_URL)
else {
  console.error('DJANGO_DATABASE_URL and DATABASE_URL are needed; they may be the same database')
  process.exitCode = 3
}

/**
 * Exits with 1 where something was left out, so that a script notices.
 * @param {string} from
 * @param {string} to
 */
async function main(from, to) {
  const django = new pg.Pool({ connectionString: from, max: 1 })
  const target = new pg.Pool({ connectionString: to })
  const postRate = createPostRate({ database: target })
  let leftOut = 0
  const leaveOut = (/** @type {string} */ what) => {
    leftOut++
    console.log(`left out: ${what}`)
  }
  try {
    await postRate.migrate()
    const posts = await copyPosts(django, target, leaveOut)
    console.error(`${posts.read} posts: ${posts.made} new`)
    const ratings = await postRate.ratings.import(readRatings(django), {
      onRejected: ({ line, message }) => leaveOut(`rating ${line}: ${message}`),
      onProgress: ({ lines }) => console.error(`${lines} ratings read`),
    })
    console.error(`${ratings.lines} ratings: ${ratings.changed} new or newer, ${ratings.unchanged} known or older`)
    console.error(`${leftOut} rows left out`)
    if (leftOut > 0) process.exitCode = 1
  } catch (error) {
    console.error(error instanceof Error ? error.message : error)
    process.exitCode = 1
  } finally {
    await postRate.close()
    await Promise.all([django.end(), target.end()])
  }
}
