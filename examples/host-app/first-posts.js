/** Newest last. */
const firstPosts = [
  {
    title: 'Why I bake on Tuesdays',
    content:
      'The weekend loaf is for guests. The Tuesday loaf is for finding out: one change a week, written down, tasted by the same four people at the same table.',
    scores: [4, 4, 5, 3],
  },
  {
    title: 'A tomato that tastes of something',
    content:
      'Late August, a windowsill, patience. I grew six kinds on the balcony, and the ugliest of them won by a long way. Seeds are in the little drawer; ask me.',
    scores: [5, 5, 4, 5, 5],
  },
  {
    title: 'The lentil soup argument',
    content:
      'My sister adds the vinegar before the carrots, I add it after. We cooked both, blind, eleven spoons each. The result did not end the argument.',
    scores: [2, 4, 3, 0, 5, 3],
  },
  {
    title: 'Three knives are enough',
    content:
      'One large, one small, one with teeth. Everything else in the block was a present. What matters is the stone, and ten quiet minutes on Sunday evening.',
    scores: [4, 3],
  },
  {
    title: 'Cold brew, warm kitchen',
    content:
      'Eighty grams to a litre, fourteen hours, a paper filter at the end. Longer made it bitter, shorter made it tea. Below is what I measured, hour by hour.',
    scores: [3, 3, 4],
  },
  {
    title: 'Salt, later',
    content:
      'Beans do not mind early salt, whatever you were told. Aubergines do. A short list of what changed when I moved the salt to the end of the recipe.',
    scores: [],
  },
  {
    title: 'What the oven really does at 220 °C',
    content:
      'I put four thermometers on four shelves. The dial promises one number; the back left corner has an opinion of its own, thirty degrees above it.',
    scores: [5, 4, 4, 5, 1],
  },
]

/**
 * Fills an empty blog, so that there is something to rate.
 * @param {import('post-rate').PostRate} postRate
 */
export async function addFirstPosts(postRate) {
  const { items } = await postRate.posts.list({ limit: 1 })
  if (items.length > 0) return
  for (const { title, content, scores } of firstPosts) {
    const post = await postRate.posts.create({ title, content, createdBy: 'ada' })
    const ratings = scores.map((score, n) => ({ postId: post.id, userId: `reader-${n + 1}`, score }))
    await Promise.all(ratings.map((rating) => postRate.ratings.rate(rating)))
  }
}
