import pg from 'pg'
import { createPostRate } from 'post-rate'
import { answering, options } from './answering.js'

// Callers of the library in one process, each rating again as soon as it is answered.

const pool = new pg.Pool({ connectionString: options.database })
const postRate = createPostRate({ database: options.database, poolSize: options.poolSize })

const random = (below) => Math.floor(Math.random() * below)
const rate = ({ posts, users, user = `u${random(users)}` }) =>
  postRate.ratings.rate({ postId: 1 + random(posts), userId: user, score: random(6) })

/** The same rating as a host would store it, with the statement prepared. */
const upsert = ({ posts, users }) =>
  pool.query({
    name: 'upsert',
    text: `insert into plain_ratings (post_id, user_id, score) values ($1, $2, $3)
on conflict (post_id, user_id) do update set score = excluded.score, rated_at = now()`,
    values: [1 + random(posts), `u${random(users)}`, random(6)],
  })

const median = (values) => values.sort((a, b) => a - b)[values.length >> 1]

/** Callers that repeat something for some seconds; the time of each call in milliseconds. */
async function repeat(callers, seconds, call) {
  const end = performance.now() + seconds * 1000
  const times = []
  const caller = async () => {
    while (performance.now() < end) {
      const began = performance.now()
      await call()
      times.push(performance.now() - began)
    }
  }
  await Promise.all(Array.from({ length: callers }, caller))
  return times
}

answering({
  /** Ratings answered in a second. `posts`: over how many they are spread. */
  async rate({ callers, seconds, ...spread }) {
    return (await repeat(callers, seconds, () => rate(spread))).length / seconds
  },

  /** Median milliseconds of a call that is alone. */
  lone: async ({ seconds, ...spread }) => median(await repeat(1, seconds, () => rate(spread))),
  lonePlain: async ({ seconds, ...spread }) => median(await repeat(1, seconds, () => upsert(spread))),

  /** Median milliseconds of some users' ratings, while `flood` calls of one other user are under way all the time. */
  async beside({ callers, flood, seconds, ...spread }) {
    const [times] = await Promise.all([
      repeat(callers, seconds, () => rate(spread)),
      repeat(flood, seconds, () => rate({ ...spread, user: 'flood' })),
    ])
    return median(times)
  },
})
