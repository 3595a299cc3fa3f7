import type { RatingReceipt } from '../../../packages/post-rate/src/domain/rating.ts'
import type { RatingChange } from '../../../packages/post-rate/src/domain/rating-change.ts'
import type { Observation, OutboxRow, StatsObserved, StoredState } from './observer.ts'
import { brokenPromises } from './promises.ts'

export interface Evidence {
  /** What was committed after each step; the first is the beginning, the last is after everything was drained. */
  history: readonly Observation[]
  receipts: readonly RatingReceipt[]
  topic: readonly RatingChange[]
  /** The beginning was damaged on purpose: a repair may then change figures without a rating. */
  damaged: boolean
  /** Ratings are excluded in it: users still hear of what they had rated, which did not count. */
  moderated: boolean
}

/**
 * Everything that is wrong, in words. Written without the library's own aggregation: ratings are grouped and deltas are
 * added up here once more.
 */
export function violations(evidence: Evidence): string[] {
  const { history, damaged } = evidence
  const rows = everyRow(history)
  return [
    ...changedRows(history),
    ...wrongTotals(history),
    ...wrongVersions(history, rows),
    ...wrongSteps(history, rows, damaged),
    ...brokenChains(history, rows),
    ...wrongExclusions(history),
    ...lostMessages(evidence, rows),
    ...falseReceipts(evidence, rows),
    ...brokenPromises(history),
    ...wrongLeases(history),
  ]
}

/** Every outbox row that was ever committed, as it was last seen. */
function everyRow(history: readonly Observation[]): Map<number, OutboxRow> {
  return new Map(history.flatMap(({ outbox }) => outbox.map((row) => [row.id, row])))
}

const told = ({ event_id, kind, post_id, user_id, score, previous_score }: OutboxRow) =>
  JSON.stringify([event_id, kind, post_id, user_id, score, previous_score])

/** What a row says never changes, nor what a folded one carries; and none goes before it is folded. */
function changedRows(history: readonly Observation[]): string[] {
  const wrong: string[] = []
  const seen = new Map<number, OutboxRow>()
  for (const { outbox } of history) {
    const here = new Set(outbox.map(({ id }) => id))
    for (const [id, row] of seen)
      if (!here.has(id) && row.version === null) {
        wrong.push(`outbox row ${id} is gone and was never folded`)
        seen.delete(id)
      }
    for (const row of outbox) {
      const before = seen.get(row.id)
      if (before && told(before) !== told(row)) wrong.push(`outbox row ${row.id} says something else than before`)
      if (before && before.version !== null && content(before) !== content(row))
        wrong.push(`outbox row ${row.id} was folded again: ${content(before)}, then ${content(row)}`)
      seen.set(row.id, row)
    }
  }
  return wrong
}

function content({ version, state }: OutboxRow): string {
  return `version ${version} ${state === null ? '' : ofState(state)}`
}

/** At rest: nothing unfolded, figures as the ratings are, tombstones where the posts are gone. */
function wrongTotals(history: readonly Observation[]): string[] {
  const last = history.at(-1) as Observation
  const wrong: string[] = []
  for (const { id, version } of last.outbox) if (version === null) wrong.push(`outbox row ${id} is never folded`)
  const truth = new Map<number, number[]>()
  for (const { post_id, score } of last.ratings) {
    if (score === null) continue
    const counts = truth.get(post_id) ?? [0, 0, 0, 0, 0, 0]
    counts[score] = (counts[score] ?? 0) + 1
    truth.set(post_id, counts)
  }
  const known = new Set(last.stats.map(({ post_id }) => post_id))
  for (const id of [...truth.keys(), ...last.posts]) if (!known.has(id)) wrong.push(`post ${id} has no state`)
  for (const stats of last.stats) {
    const { post_id, counts, displayed_counts, step_at } = stats
    const expected = truth.get(post_id) ?? [0, 0, 0, 0, 0, 0]
    if (!same(counts, expected)) wrong.push(`post ${post_id} counts ${counts}, its ratings are ${expected}`)
    if (stats.deleted === last.posts.includes(post_id))
      wrong.push(`post ${post_id} is ${stats.deleted ? 'a tombstone and exists' : 'gone and no tombstone'}`)
    if (stats.deleted && displayed_counts.some((n) => n > 0)) wrong.push(`the tombstone ${post_id} shows figures`)
    if (!stats.deleted && (step_at === null) !== same(displayed_counts, counts))
      wrong.push(`post ${post_id} shows ${displayed_counts} of ${counts} and its next step is ${step_at}`)
    const { prior_weight: weight, prior_mean: mean } = last.settings
    const shown = displayed_counts.reduce((sum, n) => sum + n, 0)
    const rank = (weight * mean + (stats.displayed_average ?? 0) * shown) / (weight + shown)
    if (Math.abs(stats.rank - rank) > 1e-9) wrong.push(`post ${post_id} has rank ${stats.rank}, and ${rank} is right`)
  }
  return wrong
}

/** Versions rise, are given once, and have one content wherever they are seen. */
function wrongVersions(history: readonly Observation[], rows: Map<number, OutboxRow>): string[] {
  const wrong: string[] = []
  const contents = new Map<string, string>()
  const see = (where: string, postId: number, version: number, seen: string) => {
    const known = contents.get(`${postId} ${version}`)
    if (known !== undefined && known !== seen)
      wrong.push(`post ${postId} has two states of version ${version}: ${known} and, in ${where}, ${seen}`)
    contents.set(`${postId} ${version}`, seen)
  }
  const given = new Map<string, number>()
  for (const { id, post_id, version, state } of rows.values()) {
    if (version === null || state === null) continue
    const other = given.get(`${post_id} ${version}`)
    if (other !== undefined) wrong.push(`post ${post_id}: the rows ${other} and ${id} have both version ${version}`)
    given.set(`${post_id} ${version}`, id)
    see(`outbox row ${id}`, post_id, version, ofState(state))
  }
  const versions = new Map<number, number>()
  let floor = 0
  for (const { stats, settings } of history) {
    for (const row of stats) {
      const before = versions.get(row.post_id) ?? 0
      if (row.version < before) wrong.push(`post ${row.post_id} went back from version ${before} to ${row.version}`)
      if (row.version > before && row.version <= floor)
        wrong.push(`post ${row.post_id} got version ${row.version} when the floor was ${floor} already`)
      versions.set(row.post_id, row.version)
      if (row.version > 0) see('post_stats', row.post_id, row.version, ofStats(row))
    }
    floor = settings.version_floor
  }
  return wrong
}

/** From one version to the next the figures change by the one rating behind it, or by nothing. */
function wrongSteps(history: readonly Observation[], rows: Map<number, OutboxRow>, damaged: boolean): string[] {
  const wrong: string[] = []
  const first = history[0] as Observation
  for (const base of first.stats) {
    const steps = new Map<number, { counts: number[]; row: OutboxRow | null }>()
    for (const { stats } of history)
      for (const { post_id, version, counts } of stats)
        if (post_id === base.post_id) steps.set(version, { counts, row: null })
    for (const row of rows.values())
      if (row.post_id === base.post_id && row.version !== null && row.state !== null)
        steps.set(row.version, { counts: row.state.counts, row })
    let reached = base.counts
    for (const [version, { counts, row }] of [...steps].sort(([a], [b]) => a - b)) {
      if (version <= base.version) continue
      const expected = row === null ? reached : plus(reached, row)
      if (!same(counts, expected) && !(damaged && row === null))
        wrong.push(
          `post ${base.post_id}: version ${version}${row ? ` (${row.previous_score} → ${row.score} of ${row.user_id})` : ''} makes ${counts} of ${reached}`,
        )
      reached = counts
    }
  }
  return wrong
}

/** Per user and post every row begins where the one before it ended, from the first rating to the stored one. */
function brokenChains(history: readonly Observation[], rows: Map<number, OutboxRow>): string[] {
  const wrong: string[] = []
  const [first, last] = [history[0] as Observation, history.at(-1) as Observation]
  const old = new Set(first.outbox.map(({ id }) => id))
  const stored = (seen: Observation, key: string) =>
    seen.ratings.find(({ post_id, user_id }) => `${post_id} ${user_id}` === key)?.score ?? null
  const chains = new Map<string, OutboxRow[]>()
  for (const { ratings } of [first, last])
    for (const { post_id, user_id } of ratings) chains.set(`${post_id} ${user_id}`, [])
  for (const row of [...rows.values()].sort((a, b) => a.id - b.id)) {
    if (row.kind !== 'rating') continue
    const key = `${row.post_id} ${row.user_id}`
    chains.set(key, [...(chains.get(key) ?? []), row])
  }
  for (const [key, chain] of chains) {
    let score = chain[0] && old.has(chain[0].id) ? chain[0].previous_score : stored(first, key)
    for (const row of chain) {
      if (row.previous_score !== score)
        wrong.push(`user ${key}: row ${row.id} follows ${score} and says it follows ${row.previous_score}`)
      if (row.score === row.previous_score) wrong.push(`user ${key}: row ${row.id} changes nothing`)
      score = row.score
    }
    if (score !== stored(last, key)) wrong.push(`user ${key}: the rows end at ${score}, stored is ${stored(last, key)}`)
  }
  return wrong
}

/** At rest: no rating of an excluded user counts, and every other one does that no exclusion of a period can cover. */
function wrongExclusions(history: readonly Observation[]): string[] {
  const { ratings, excludedUsers, exclusions, missed, unsettled } = history.at(-1) as Observation
  const states = new Map(excludedUsers.map(({ user_id, state }) => [user_id, state]))
  return [
    ...missed.map((userId) => `${userId} is in quarantine and counts`),
    ...(unsettled > 0 ? [`${unsettled} quarantines are not settled`] : []),
    ...excludedUsers.flatMap(({ user_id, state }) => (state === 'excluded' ? [] : [`${user_id} is left ${state}`])),
    ...ratings.flatMap(({ user_id, score }) => {
      if (states.has(user_id)) return score === null ? [] : [`${user_id} is excluded and counts`]
      return score === null && exclusions === 0 ? [`${user_id} does not count, and nothing excludes it`] : []
    }),
  ]
}

/** A row that is gone was published, and every publication of a change is the same. */
function lostMessages({ history, topic }: Evidence, rows: Map<number, OutboxRow>): string[] {
  const wrong: string[] = []
  const published = new Map<string, string>()
  for (const message of topic) {
    const text = JSON.stringify(message)
    const before = published.get(message.eventId)
    if (before !== undefined && before !== text) wrong.push(`two messages of one change: ${before} and ${text}`)
    published.set(message.eventId, text)
  }
  const left = new Set(history.at(-1)?.outbox.map(({ id }) => id))
  for (const { id, event_id } of rows.values())
    if (!left.has(id) && !published.has(event_id)) wrong.push(`outbox row ${id} was acknowledged and never published`)
  return wrong
}

/** What a user was told about a change is what the outbox says of it. */
function falseReceipts({ receipts, moderated, history }: Evidence, rows: Map<number, OutboxRow>): string[] {
  // What is in quarantine is stored, and recorded when it comes back.
  if (history.some(({ quarantines }) => quarantines > 0)) return []
  const left = [...rows.values()]
  // Their ratings are stored, and nothing is recorded of them.
  const excluded = new Set(history.flatMap(({ excludedUsers }) => excludedUsers.map(({ user_id }) => user_id)))
  return receipts.flatMap(({ changed, postId, userId, score, previousScore }) => {
    if (excluded.has(userId)) return []
    if (!changed) return previousScore === score ? [] : [`${userId} was told of no change, from ${previousScore}`]
    const at = left.findIndex(
      (row) =>
        row.post_id === postId &&
        row.user_id === userId &&
        row.score === score &&
        (row.previous_score === previousScore || (row.previous_score === null && moderated)),
    )
    if (at >= 0) left.splice(at, 1)
    return at >= 0 ? [] : [`${userId} was told of a change from ${previousScore} to ${score} that is not recorded`]
  })
}

/** A lease changes hands with a new term. */
function wrongLeases(history: readonly Observation[]): string[] {
  const wrong: string[] = []
  const held = new Map<string, { holder: string; term: number }>()
  for (const { leases } of history)
    for (const { name, holder, term } of leases) {
      const before = held.get(name)
      if (before && (term < before.term || (term === before.term && holder !== before.holder)))
        wrong.push(`lease ${name} of term ${before.term} went to another holder in term ${term}`)
      held.set(name, { holder, term })
    }
  return wrong
}

function plus(counts: readonly number[], { kind, previous_score, score }: OutboxRow): number[] {
  const next = [...counts]
  if (kind !== 'rating') return next
  if (previous_score !== null) next[previous_score] = (next[previous_score] ?? 0) - 1
  if (score !== null) next[score] = (next[score] ?? 0) + 1
  return next
}

function same(a: readonly number[], b: readonly number[]): boolean {
  return a.length === b.length && a.every((n, i) => n === b[i])
}

function time(text: string | null): number | null {
  return text === null ? null : Date.parse(text)
}

function ofState({ counts, activity, displayed, deleted = false }: StoredState): string {
  const { histogram, average, asOf, nextUpdateAt, stepAt } = displayed
  const times = [asOf, nextUpdateAt, stepAt].map(time)
  return JSON.stringify([counts, activity, histogram, average, ...times, deleted])
}

function ofStats(row: StatsObserved): string {
  const { counts, activity, displayed_counts, displayed_average, as_of, window_end, step_at, deleted } = row
  const times = [as_of, window_end, step_at].map(time)
  return JSON.stringify([counts, activity, displayed_counts, displayed_average, ...times, deleted])
}
