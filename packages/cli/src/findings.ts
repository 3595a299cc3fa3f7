import type { Bypass, Drift, DriftKind } from 'post-rate'

/** What a finding of `stats verify` means and what heals it. */
export interface Finding {
  kind: DriftKind | 'pending' | 'bypass'
  /** How many there are. */
  count: number
  meaning: string
  cause: string
  remedy: string
}

type Explanation = Pick<Finding, 'meaning' | 'cause' | 'remedy'>

const rebuild = 'Run `post-rate stats rebuild` (it changes nothing with --dry-run).'
const reconciled =
  'A running relay or consumer heals it within a minute; `post-rate stats rebuild` heals it at once, also without one.'

const explanations: Record<DriftKind, Explanation> = {
  counts: {
    meaning: 'The statistics of the post are not what its ratings add up to.',
    cause:
      'Ratings came in past the triggers (disabled triggers, session_replication_role = replica, a partial restore), or post_stats was changed by hand.',
    remedy: `${rebuild} The background audit of a relay repairs it within a day.`,
  },
  displayed: {
    meaning: 'What readers see of the post differs from its statistics, and no update is due.',
    cause: 'The displayed columns of post_stats were changed by hand, or restored without the rest.',
    remedy: rebuild,
  },
  rank: {
    meaning: 'The post has another place in the ranking than its displayed average gives it.',
    cause: 'post_stats or the prior in the settings was changed by hand; `settings set prior` ranks every post anew.',
    remedy: rebuild,
  },
  missing: {
    meaning: 'Redis has nothing of the post; readers get it from PostgreSQL meanwhile.',
    cause: 'Redis was emptied or evicted the key, or nothing has written to it yet.',
    remedy: reconciled,
  },
  behind: {
    meaning: 'Redis has an older version of the post than PostgreSQL.',
    cause: 'No consumer runs, it lags, or messages were lost on the way.',
    remedy: `Look at \`post-rate doctor\` for the lag. ${reconciled}`,
  },
  ahead: {
    meaning: 'Redis has a newer version of the post than PostgreSQL.',
    cause: 'PostgreSQL was restored or failed over to a server that lagged, or the key was forged.',
    remedy: `${reconciled} Versions then rise above every copy.`,
  },
  differs: {
    meaning: 'Redis has other figures than PostgreSQL at the same version.',
    cause: 'The key in Redis was changed by hand, or PostgreSQL was restored and has used the version again.',
    remedy: reconciled,
  },
  unknown: {
    meaning: 'Redis has a key of a post that PostgreSQL does not know or that nobody rated.',
    cause: 'The key was made by hand or by another deployment with the same prefix, or PostgreSQL was restored.',
    remedy: `Give each deployment its own POST_RATE_REDIS_PREFIX. ${reconciled}`,
  },
}

const pending: Explanation = {
  meaning: 'Changes are in the outbox that the event bus has not acknowledged; they are not lost and no drift.',
  cause: 'No relay runs, it is behind, or Kafka cannot be reached.',
  remedy: 'Run `post-rate doctor`; start `post-rate relay` or `post-rate serve` where none runs.',
}

/** One finding for each kind that is there, in the order of the list. */
export function explain(report: { drift: readonly Drift[]; pending: number }, bypasses: readonly Bypass[]): Finding[] {
  const kinds = Object.keys(explanations) as DriftKind[]
  return [
    ...kinds
      .map((kind) => ({
        kind,
        count: report.drift.filter((drift) => drift.kind === kind).length,
        ...explanations[kind],
      }))
      .filter(({ count }) => count > 0),
    ...(report.pending > 0 ? [{ kind: 'pending' as const, count: report.pending, ...pending }] : []),
    ...explainBypasses(bypasses),
  ]
}

/** One finding for each state: the SQL to be run by the schema's owner, then what counts what was missed. */
export function explainBypasses(bypasses: readonly Bypass[]): Finding[] {
  const states = [...new Set(bypasses.map(({ state }) => state))]
  return states.map((state) => {
    const those = bypasses.filter((bypass) => bypass.state === state)
    const sql = those.map(({ remedy }) => remedy).join('; ')
    return {
      kind: 'bypass',
      count: those.length,
      ...meant(
        state,
        those.map(({ what }) => what),
      ),
      remedy: `Run the SQL \`${sql}\`, then \`post-rate stats rebuild\` for what came in meanwhile.`,
    }
  })
}

function meant(state: Bypass['state'], whats: readonly string[]): Pick<Explanation, 'meaning' | 'cause'> {
  const names = whats.join(', the ')
  if (state === 'replica')
    return {
      meaning: `Sessions of the ${names} have session_replication_role = replica: nothing that they change is counted.`,
      cause: 'It was set for a bulk load or for replication, and stayed.',
    }
  const guards = whats.filter((what) => what.includes('refuse_truncate')).length
  const losses = [
    ...(guards < whats.length ? ['changes are not counted'] : []),
    ...(guards > 0 ? ['TRUNCATE would lose ratings uncounted'] : []),
  ]
  return {
    meaning: `The ${names} ${whats.length === 1 ? 'is' : 'are'} ${state}: ${losses.join(', and ')}.`,
    cause: 'Somebody disabled or dropped it, mostly for a bulk load or a restore.',
  }
}
