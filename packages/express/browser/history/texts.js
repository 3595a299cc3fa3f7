/** All that is said to readers. A page in another language assigns its own to it before it loads the element. */
export const texts = {
  history: 'Ratings over time',
  unrated: 'No ratings yet',
  gone: 'This post is no longer here.',
  barsShow: 'Bars show',
  byScore: 'Scores',
  byCount: 'Number',
  table: 'Table',
  chooseDay: 'Day',
  average: 'Displayed average',
  excluded: 'Do not count',
  caption: 'Ratings by day (UTC)',
  day: 'Day',
  /** @param {number} score */
  score: (score) => `Score ${score}`,
  averageAfter: 'Average afterwards',
  scrollable: 'Table of the ratings by day',
  /** @param {string} from @param {string | null} to both with date and time, UTC */
  period: (from, to) => (to === null ? `Since ${from} UTC` : `${from} – ${to} UTC`),
  /** @param {string} count @param {boolean} one @param {string} reason */
  excludedPeriod: (count, one, reason) =>
    `${one ? '1 rating does' : `${count} ratings do`} not count. Reason: ${reason}`,
  incident: {
    open: 'Unusually many ratings.',
    released: 'Unusually many ratings. Moderators looked at them: they count.',
    excluded: 'Unusually many ratings. Moderators looked at them: they do not count.',
    expired: 'Unusually many ratings.',
  },
  /** @param {string} day @param {string} count @param {boolean} one @param {string} scores such as `5: 12, 4: 3` */
  dayIs: (day, count, one, scores) => `${day}: ${one ? '1 rating' : `${count} ratings`}${scores && ` (${scores})`}.`,
  /** @param {string} day */
  dayIsEmpty: (day) => `${day}: no ratings.`,
  /** @param {string} count @param {boolean} one */
  dayExcludes: (count, one) => (one ? '1 rating does not count.' : `${count} ratings do not count.`),
  /** @param {string} average */
  dayAverage: (average) => `Average afterwards: ${average}.`,
}
