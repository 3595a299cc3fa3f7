import { type ReplayPolicy, replayPolicies } from '../../packages/cli/src/replay/policies.ts'
import { type ReplayRating, withoutRaid } from '../../packages/cli/src/replay/ratings.ts'
import { replay, walkAll } from '../../packages/cli/src/replay/replay.ts'
import type { Walk } from '../../packages/cli/src/replay/walk.ts'
import { guardSettings } from '../../packages/cli/src/simulate/policies.ts'
import { attack, dayMs, newRaiders, ordinaryPost, start } from './overlay.ts'

const hourMs = 3_600_000
const warmUpDays = 7
const most = 2_000
const wanted = 0.25

export interface Price {
  name: string
  /** New accounts that displace the shown average of a post of 200 ratings by a quarter star; null: more than 2,000. */
  after2h: number | null
  after24h: number | null
  /** Stars from the plain average at most, while everybody thinks less of the post, without more traffic. */
  honestGap: number
}

/** What an attack costs under each policy, and what the policy costs honest raters. */
export async function pricesOf(): Promise<Price[]> {
  const post = ordinaryPost({ size: 200, perDay: 5, days: warmUpDays + 2, opinion: 'middling', seed: '1' })
  const policies = replayPolicies.filter(({ name }) => name !== 'oracle')
  const [after2h, after24h] = [fewest(post, policies, 2), fewest(post, policies, 24)]
  const drop = ordinaryPost({
    size: 200,
    perDay: 20,
    days: warmUpDays + 8,
    opinion: 'loved',
    later: { from: warmUpDays, opinion: 'disliked' },
    seed: '1',
  })
  const names = policies.map(({ name }) => name)
  const honest = await replay(drop, { windowSeconds: 300, every: 3_600, only: names })
  return honest.map(({ name, points }) => ({
    name,
    after2h: after2h.get(name) ?? null,
    after24h: after24h.get(name) ?? null,
    honestGap: Math.max(
      ...points
        .filter(({ at, shown }) => at > start + warmUpDays * dayMs && shown !== null)
        .map(({ plain, shown }) => Math.abs((plain ?? 0) - (shown ?? 0))),
    ),
  }))
}

/** Stars of displacement after 24 hours and 7 days, and after 24 hours behind a week of preparation. */
export interface Burst {
  name: string
  after24h: number
  after7d: number
  prepared24h: number
}

/** 200 zeros in half an hour on a post of 200 ratings, three of four of new accounts. */
export function burstOf200(): Burst[] {
  const [plain, prepared] = [false, true].map((isPrepared) => {
    const post = ordinaryPost({ size: 200, perDay: 5, days: 2 * warmUpDays + 1, opinion: 'middling', seed: '1' })
    const from = start + warmUpDays * dayMs
    const more = ordinaryPost({ size: 0, perDay: 10, days: warmUpDays, opinion: 'middling', seed: 'prepared' })
    const before = isPrepared ? [...post, ...more].sort((a, b) => a.at - b.at) : post
    const attacked = attack(before, 200, from, 0.5, newRaiders)
    const until = from + warmUpDays * dayMs
    const undisturbed = [...walkAll(withoutRaid(attacked), replayPolicies, guardSettings, until)]
    return [...walkAll(attacked, replayPolicies, guardSettings, until)].map(({ policy: { name }, walked }, n) => {
      const off = (at: number) => Math.abs(lastOf(walked, at) - lastOf(undisturbed[n]?.walked, at))
      return { name, after24h: off(from + dayMs), after7d: off(until) }
    })
  })
  return (plain ?? []).map((one, n) => ({ ...one, prepared24h: prepared?.[n]?.after24h ?? 0 }))
}

/** The attackers come in half an hour, or evenly over all the hours: the way that needs fewer accounts. */
function fewest(post: readonly ReplayRating[], policies: readonly ReplayPolicy[], hours: number): Map<string, number> {
  const from = start + warmUpDays * dayMs
  const at = from + hours * hourMs
  const seen = post.filter((rating) => rating.at < at)
  const found = new Map<string, number>()
  for (let accounts = 5; accounts <= most; accounts = Math.ceil(accounts * 1.1))
    for (const length of [0.5, hours]) {
      const left = policies.filter(({ name }) => !found.has(name))
      const attacked = attack(seen, accounts, from, length)
      const disturbed = [...walkAll(attacked, left, guardSettings, at)]
      const undisturbed = [...walkAll(withoutRaid(attacked), left, guardSettings, at)]
      for (const [n, { policy, walked }] of disturbed.entries())
        if (Math.abs(lastOf(walked, at) - lastOf(undisturbed[n]?.walked, at)) >= wanted)
          found.set(policy.name, accounts)
    }
  return found
}

function lastOf(walked: Walk | undefined, at: number): number {
  return walked?.shown.findLast((one) => one.at <= at)?.average ?? 0
}
