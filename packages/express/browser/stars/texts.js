/** All that is said to readers. A page in another language assigns its own to it before it loads the element. */
export const texts = {
  ratings: 'Ratings',
  byScore: 'Ratings by score',
  outOf: 'of 5',
  unrated: 'No ratings yet',
  /** @param {number} count @param {string} locale */
  count: (count, locale) => (count === 1 ? '1 rating' : `${count.toLocaleString(locale)} ratings`),
  /** @param {number} days @param {string} average @param {string} count */
  recent: (days, average, count) => `Last ${days === 1 ? 'day' : `${days} days`}: ${average} · ${count}`,
  /** @param {string} time */
  updatesIn: (time) => `updates in ${time}`,
  updating: 'updating …',
  firstAtOnce: 'the first rating shows at once',
  atOnce: 'shows every rating at once',
  /** @param {number} minCount */
  tooFew: (minCount) => `An average is shown from ${minCount} ratings on.`,
  /** @param {string} since */
  held: (since) => `Unusually many ratings since ${since}. All of them count; the average follows slowly.`,
  own: 'Your rating',
  /** @param {number} score */
  stars: (score) => (score === 1 ? '1 star' : `${score} stars`),
  takeBack: 'Take back',
  /** @param {number} score */
  given: (score) => `You gave ${score} of 5.`,
  takenBack: 'Taken back.',
  signIn: 'Log in to rate.',
  /** @param {string} reason @param {number | null} score what is stored */
  notSaved: (reason, score) =>
    `Not saved: ${reason} ${score === null ? 'You have no rating here.' : `Your rating is still ${score} of 5.`}`,
  signInAgain: 'Not saved: please log in, then rate again.',
  unreachable: 'The server cannot be reached.',
  failed: 'That failed.',
  gone: 'This post is no longer here.',
}
