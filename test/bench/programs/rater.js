import { createPostRate } from 'post-rate'
import { answering, options } from './answering.js'

// Callers of the library in one process, each rating again as soon as it is answered.

const postRate = createPostRate({ database: options.database, poolSize: options.poolSize })

answering({
  /** Ratings answered in a second. `posts`: over how many they are spread. */
  async rate({ callers, seconds, posts, users }) {
    const end = performance.now() + seconds * 1000
    let answered = 0
    const call = async () => {
      while (performance.now() < end) {
        await postRate.ratings.rate({
          postId: 1 + Math.floor(Math.random() * posts),
          userId: `u${Math.floor(Math.random() * users)}`,
          score: Math.floor(Math.random() * 6),
        })
        answered++
      }
    }
    const began = performance.now()
    await Promise.all(Array.from({ length: callers }, call))
    return (answered / (performance.now() - began)) * 1000
  },
})
