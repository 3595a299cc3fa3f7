import { writeFile } from 'node:fs/promises'
import type { Context } from '../context.ts'
import { CommandError, UsageError } from '../errors.ts'
import { exitCodes } from '../exit-code.ts'
import { afterNames, type Summary } from '../simulate/metrics.ts'
import { plotSvg } from '../simulate/plot-svg.ts'
import { plotText } from '../simulate/plot-text.ts'
import { raids } from '../simulate/raids.ts'
import { scenarios } from '../simulate/scenarios.ts'
import { type Outcome, type ScenarioReport, simulate } from '../simulate/simulation.ts'
import { table } from '../table.ts'

/** The display policies under attack and under honest change. Needs no server. */
export async function simulatePolicies(context: Context, only: readonly string[]): Promise<number> {
  const { seed, worlds, svg, tune } = context.flags as { seed: string; worlds: number; svg?: string; tune?: boolean }
  const names = [...scenarios, ...raids].map(({ name }) => name)
  const unknown = only.filter((name) => !names.includes(name))
  if (unknown.length > 0) throw new UsageError(`${unknown.join(', ')}: the scenarios are ${names.join(', ')}.`)
  const { talk, signal } = context
  const progress = talk.progress('Worlds')
  const reports = await simulate({
    seed,
    worlds,
    only,
    tune: tune === true,
    signal,
    onProgress: (done, total) => progress.update(done, total),
  }).finally(() => progress.clear())
  if (svg !== undefined) {
    await writeFile(svg, plotSvg(reports, seed)).catch((error: Error) => {
      throw new CommandError(`Cannot write ${svg}: ${error.message}`)
    })
    talk.note(`Plot: ${svg}`)
  }
  if (talk.json) {
    const results = reports.map(({ example: _, ...report }) => report)
    await talk.document({ seed, worlds, half: tune ? 'for choosing' : 'held out', scenarios: results })
    return exitCodes.done
  }
  for (const report of reports) for (const line of reportLines(report, talk.columns)) await talk.line(line)
  const pictured = tune ? [] : reports.filter(({ name }) => only.length > 0 || name === 'raid-on-200')
  for (const report of pictured) for (const line of ['', ...plotText(report, talk.columns)]) await talk.line(line)
  talk.note(
    `${worlds} worlds of seed ${seed}, ${tune ? 'the half for choosing constants' : 'the half that no constant was chosen on'}; means with their 95 % intervals, and 95th percentiles.`,
  )
  return exitCodes.done
}

function reportLines({ name, kind, what, policies }: ScenarioReport, columns: number): string[] {
  const right = (title: string) => ({ title, align: 'right' as const })
  const heads = {
    attack: ['PEAK 2 h', 'p95', 'PEAK 24 h', 'STAR-HOURS', 'LABELLED'],
    genuine: ['HOURS TO 90 %', 'WORST GAP', 'p95', 'GAP-HOURS', 'LABELLED'],
    raid: ['AFTER 2 h', '24 h', '48 h', '72 h', '144 h', '168 h', 'WORST GAP', 'p95', 'LABELLED'],
  }[kind]
  const rows = Object.entries(policies).map(([policy, of]) => [
    policy,
    ...figuresOf(kind, of),
    // These differ from the true average always, and say so never.
    /bayes|trimmed|hold/.test(policy) ? '-' : `${(100 * (of.labelled?.mean ?? 0)).toFixed(2)} %`,
  ])
  return ['', `${name}: ${what}`, ...table([{ title: 'POLICY' }, ...heads.map(right)], rows, columns)]
}

function figuresOf(kind: ScenarioReport['kind'], of: Outcome): string[] {
  const worst = [within(of.worstGap), figure(of.worstGap?.p95)]
  if (kind === 'attack') return [within(of.peak2h), figure(of.peak2h?.p95), within(of.peak24h), within(of.starHours, 1)]
  if (kind === 'genuine') return [within(of.hoursTo90, 1), ...worst, within(of.gapHours, 2)]
  return [...afterNames.map((name) => of[name]?.mean), of.worstGap?.mean, of.worstGap?.p95].map(figure)
}

function within(summary: Summary | null, decimals = 3): string {
  if (summary === null) return '-'
  return `${summary.mean.toFixed(decimals)} ±${(summary.interval[1] - summary.mean).toFixed(decimals)}`
}

function figure(value: number | undefined): string {
  return value === undefined ? '-' : value.toFixed(3)
}
