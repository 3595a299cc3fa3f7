import type { Decision, Incident, IncidentState } from 'post-rate'
import { confirm } from '../confirm.ts'
import type { Context } from '../context.ts'
import { account } from '../decision.ts'
import { CommandError } from '../errors.ts'
import { exitCodes } from '../exit-code.ts'
import { average } from '../figures.ts'
import { readPostId } from '../post-ids.ts'
import { table } from '../table.ts'
import { printable } from '../ui/printable.ts'

type Action = 'release' | 'exclude'

/** Rushes of ratings that armed the guard, the newest first. */
export async function listIncidents(context: Context): Promise<number> {
  const { state, post, limit, after } = context.flags as {
    state?: IncidentState
    post?: string
    limit: number
    after?: number
  }
  const postId = post === undefined ? undefined : readPostId(post)
  const postRate = await context.open()
  const list = await postRate.incidents.list({ state, postId, limit, after })
  const { talk } = context
  if (talk.json) await talk.document(list)
  else if (list.items.length === 0) talk.note('There is no such incident.')
  else for (const line of incidentsTable(list.items, talk.columns)) await talk.line(line)
  if (!talk.json && list.next !== null) talk.note(`There are more: --after ${list.next}`)
  return exitCodes.done
}

/** One incident with its evidence. */
export async function showIncident(context: Context, id: number): Promise<number> {
  const postRate = await context.open()
  const incident = await postRate.incidents.get(id)
  if (incident === null) throw unknown(id)
  const { talk } = context
  if (talk.json) await talk.document(incident)
  else for (const line of evidence(incident)) await talk.line(line)
  return exitCodes.done
}

/** Decides that the ratings of an incident count, or that they do not; with `--dry-run` only says what that means. */
export async function decideIncident(context: Context, action: Action, id: number): Promise<number> {
  const { talk } = context
  const { reason, by, dryRun, standing } = context.flags as {
    reason: string
    by?: string
    dryRun?: boolean
    standing?: 'new' | 'established' | 'unknown'
  }
  const postRate = await context.open()
  // The library's own error speaks to programmers.
  if ((await postRate.incidents.get(id)) === null) throw unknown(id)
  const request = { by: by ?? account(), reason }
  const decide = (dry: boolean) =>
    action === 'release'
      ? postRate.incidents.release(id, { ...request, dryRun: dry })
      : postRate.incidents.exclude(id, { ...request, standing, dryRun: dry })
  if (dryRun !== true) await confirm(context, async () => described(await decide(true), action, true).join('\n'))
  const decision = await decide(dryRun === true)
  if (talk.json) await talk.document({ ...decision, dryRun: dryRun === true })
  else for (const line of described(decision, action, dryRun === true)) await talk.line(line)
  if (dryRun !== true) talk.note('Readers see it at the nextUpdateAt of the post.')
  return exitCodes.done
}

function unknown(id: number): CommandError {
  return new CommandError(`There is no incident ${id}: \`post-rate incidents list\` shows the known ones.`)
}

function described({ incident, ratings, before, after }: Decision, action: Action, dryRun: boolean): string[] {
  const { id, postId, from, to } = incident
  const what = `incident ${id} of post ${postId}, from ${from} to ${to ?? 'now'}`
  const verb = { release: ['Released', 'Would release'], exclude: ['Excluded', 'Would exclude'] }[action][
    dryRun ? 1 : 0
  ]
  return [
    action === 'release' ? `${verb} ${what}: its ratings count` : `${verb} ${ratings} ratings: ${what}`,
    `average ${average(before.average)} of ${before.count} -> ${average(after.average)} of ${after.count}`,
    `rank    ${before.rank.toFixed(4)} -> ${after.rank.toFixed(4)}`,
  ]
}

function evidence({ newRaters, ...incident }: Incident): string[] {
  const { id, postId, state, from, to, decidedBy, decidedAt, reason } = incident
  return [
    `incident   ${id} of post ${postId}, ${state}`,
    `from       ${from}`,
    `to         ${to ?? 'now: the guard is armed'}`,
    `arrivals   ${incident.arrivals}`,
    `before     0-5  ${incident.before.join('/')}`,
    `arrived    0-5  ${incident.scores.join('/')}`,
    ...(incident.quarantined === 0
      ? []
      : [`quarantine ${incident.quarantined} of them do not count until somebody decides`]),
    `gap        ${incident.largestGap.toFixed(2)} stars at most`,
    `new raters ${newRaters === null ? 'unknown' : `${Math.round(100 * newRaters)} %`}`,
    ...(decidedBy === null
      ? []
      : [`decided    by ${printable(decidedBy)} at ${decidedAt}: ${printable(reason ?? '')}`]),
  ]
}

function incidentsTable(incidents: readonly Incident[], columns: number): string[] {
  const right = (title: string) => ({ title, align: 'right' as const })
  return table(
    [
      right('ID'),
      right('POST'),
      { title: 'STATE' },
      { title: 'FROM' },
      { title: 'TO' },
      right('ARRIVALS'),
      { title: '0-5' },
      right('GAP'),
      { title: 'DECIDED', flexible: true },
    ],
    incidents.map(({ id, postId, state, from, to, arrivals, scores, largestGap, decidedBy, reason }) => [
      String(id),
      String(postId),
      state,
      from,
      to ?? '-',
      String(arrivals),
      scores.join('/'),
      largestGap.toFixed(2),
      decidedBy === null ? '-' : printable(`${decidedBy}: ${reason}`),
    ]),
    columns,
  )
}
