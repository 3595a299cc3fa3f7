/** @jsxRuntime automatic */
import { Box } from 'ink'
import type { LatestRating } from 'post-rate'
import { fitted } from './fitted.ts'
import { timeOfDay } from './numbers.ts'
import { Say } from './tone.tsx'
import type { Latest as LatestRatings } from './use-latest.ts'

export interface LatestProps {
  latest: LatestRatings
  /** The database's time, milliseconds since the epoch. */
  now: number
  width: number
  /** With the heading. */
  height: number
}

/** From here on every line has day and time. */
const wideFrom = 40

/** The newest ratings of a post, as many as fit. */
export function Latest({ latest, now, width, height }: LatestProps) {
  const said = insteadOfRatings(latest)
  const ratings = said === null && Array.isArray(latest.ratings) ? latest.ratings.slice(0, height - 1) : []
  return (
    <Box flexDirection="column" width={width} height={height} overflow="hidden">
      <Say tone="title">latest ratings, UTC</Say>
      {said !== null && (
        <Say tone={latest.error === null ? 'quiet' : 'bad'} wrap>
          {fitted(said, width * (height - 2))}
        </Say>
      )}
      {ratings.map((rating) => (
        <Line key={rating.userId} rating={rating} now={now} width={width} />
      ))}
    </Box>
  )
}

function insteadOfRatings({ ratings, error }: LatestRatings): string | null {
  if (error !== null) return `✗ ${error}`
  if (ratings === null) return 'Reading…'
  if (ratings === 'too many')
    return 'More than 100,000, too many to look through. The topic has each as it comes, `post-rate export` all.'
  return ratings.length === 0 ? 'None yet.' : null
}

function Line({ rating, now, width }: { rating: LatestRating; now: number; width: number }) {
  const { userId, score, ratedAt, excluded } = rating
  const [at, today] = [new Date(ratedAt).toISOString(), new Date(now).toISOString().slice(0, 10)]
  const wide = width >= wideFrom
  const day = at.slice(0, 10)
  const time = wide ? `${day} ${timeOfDay(at)}` : day === today ? timeOfDay(at).padEnd(day.length) : day
  const mark = excluded ? (wide ? 'excluded ' : 'excl. ') : ''
  // The user is last: what a terminal sees wider moves nothing.
  return (
    <Box height={1} flexShrink={0}>
      <Say tone="quiet">{time}</Say>
      <Say tone={excluded ? 'quiet' : 'title'}>{` ${score} `}</Say>
      <Say tone="warn">{mark}</Say>
      <Say tone={excluded ? 'quiet' : 'plain'}>{fitted(userId, width - time.length - 3 - mark.length)}</Say>
    </Box>
  )
}
