import type { PostHistory } from 'post-rate'
import type { Context } from '../context.ts'
import { exitCodes } from '../exit-code.ts'
import { average } from '../figures.ts'
import { readPostId } from '../post-ids.ts'
import { table } from '../table.ts'
import { printable } from '../ui/printable.ts'

const longestBar = 30

/** A post's ratings over time, as readers are shown them. */
export async function showHistory(context: Context, post: string): Promise<number> {
  const id = readPostId(post)
  const { unit, from, to } = context.flags as { unit: 'day' | 'hour'; from?: string; to?: string }
  const postRate = await context.open()
  const history = await postRate.posts.history(id, { unit, from, to })
  if (context.talk.json) {
    await context.talk.document(history)
    return exitCodes.done
  }
  for (const line of historyTable(history, context.talk.columns)) await context.talk.line(line)
  for (const { from, to, count, reason } of history.exclusions)
    await context.talk.line(`${from} to ${to}: ${count} ratings do not count: ${printable(reason)}`)
  for (const { from, to, state } of history.incidents)
    await context.talk.line(`${from} to ${to ?? 'now'}: unusually many ratings (${state})`)
  context.talk.note(`As of ${history.asOf}`)
  return exitCodes.done
}

function historyTable({ buckets, unit }: PostHistory, columns: number): string[] {
  const right = (title: string) => ({ title, align: 'right' as const })
  const totals = buckets.map(({ counts, excluded }) => [sumOf(counts), sumOf(excluded)] as const)
  const most = Math.max(1, ...totals.map(([counted, out]) => counted + out))
  const bar = (count: number, sign: string) => sign.repeat(Math.ceil((longestBar * count) / most))
  return table(
    [
      { title: unit === 'day' ? 'DAY' : 'HOUR (UTC)' },
      right('RATINGS'),
      right('EXCLUDED'),
      right('AVERAGE'),
      { title: '0/1/2/3/4/5' },
      { title: '', flexible: true },
    ],
    buckets.map(({ start, counts }, n) => {
      const [counted, out] = totals[n] as (typeof totals)[number]
      const sum = counts.reduce<number>((total, count, score) => total + count * score, 0)
      return [
        unit === 'day' ? start.slice(0, 10) : start.slice(0, 16).replace('T', ' '),
        String(counted),
        String(out),
        average(counted === 0 ? null : sum / counted),
        counts.join('/'),
        bar(counted, '█') + bar(out, '░'),
      ]
    }),
    columns,
  )
}

function sumOf(histogram: readonly number[]): number {
  return histogram.reduce((sum, count) => sum + count, 0)
}
