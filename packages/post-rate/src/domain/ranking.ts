import type { Displayed } from './display-policy.ts'
import { rankedFigures } from './guard.ts'
import type { DisplaySettings } from './settings.ts'

/**
 * The Bayesian mean of what is displayed, (C·m + average·count) / (C + count), as a decimal with 12 places.
 * It is computed in integers from the average as readers see it (4 decimals), so anyone can compute it again from an
 * answer and equal ranks compare equal in SQL. A post that the spike guard holds is ranked as {@link rankedFigures} says.
 */
export function rankOf(displayed: Displayed, prior: DisplaySettings['prior']): string {
  const ranked = rankedFigures(displayed)
  const count = BigInt(ranked.count)
  const weight = scaled(prior.weight, 4)
  const numerator = weight * scaled(prior.mean, 4) + scaled(ranked.average, 4) * count * 10_000n
  const denominator = weight + count * 10_000n
  const places = 12n
  const rank = (numerator * 10n ** (places - 4n) + denominator / 2n) / denominator
  const text = rank.toString().padStart(Number(places) + 1, '0')
  return `${text.slice(0, -Number(places))}.${text.slice(-Number(places))}`
}

function scaled(value: number, decimals: number): bigint {
  return BigInt(Math.round(value * 10 ** decimals))
}
