import { createPostRate } from 'post-rate'
import { answering, options } from './answering.js'

// One visitor after the other, in one process: what a single call takes.

const postRate = createPostRate({ database: options.database })
await postRate.start()

const anybody = () => `user-${Math.floor(Math.random() * 1_000_003)}`

/** Median milliseconds of calls, one after the other. */
async function median(calls, call) {
  const took = []
  for (let n = 0; n < calls; n++) {
    const began = performance.now()
    await call(n)
    took.push(performance.now() - began)
  }
  return took.sort((a, b) => a - b)[Math.floor(calls / 2)]
}

answering({
  /** Pages behind these cursors in turn, each for another user. */
  list: ({ calls, sort, cursors }) =>
    median(calls, (n) => postRate.posts.list({ sort, after: cursors[n % cursors.length], userId: anybody() })),

  rate: ({ calls, posts }) =>
    median(calls, () =>
      postRate.ratings.rate({
        postId: 1 + Math.floor(Math.random() * posts),
        userId: anybody(),
        score: Math.floor(Math.random() * 6),
      }),
    ),
})
