import { setTimeout as sleep } from 'node:timers/promises'
import type { Context } from '../context.ts'
import { exitCodes } from '../exit-code.ts'
import { duration } from '../figures.ts'
import { readPostIds } from '../post-ids.ts'
import { newestIds, statsTable } from './stats-show.ts'

/** Looks again and again until it is stopped; one JSON document a look with `--json`. */
export async function watchStats(context: Context, chosen: readonly string[]): Promise<number> {
  const ids = readPostIds(chosen)
  const { talk, signal } = context
  const { interval, times, limit } = context.flags as { interval: number; times?: number; limit: number }
  const postRate = await context.open()
  const redraw = talk.columns !== Number.POSITIVE_INFINITY && context.io.env.TERM !== 'dumb'
  for (let look = 1; ; look++) {
    signal.throwIfAborted()
    const posts = await postRate.stats.get(ids.length > 0 ? ids : await newestIds(postRate, limit))
    const { outbox, freshnessSeconds, ratingsPerSecond } = await postRate.status()
    const at = new Date(postRate.now()).toISOString()
    if (talk.json) await talk.document({ at, outbox, freshnessSeconds, ratingsPerSecond, posts })
    else {
      const lines = [
        `${at}  outbox ${outbox?.rows ?? '?'}  behind ${freshnessSeconds === null ? '?' : duration(freshnessSeconds)}`,
        ...statsTable(posts, postRate.now(), talk.columns),
      ]
      await talk.raw(`${redraw ? '\x1b[H\x1b[2J' : ''}${lines.join('\n')}\n${redraw ? '' : '\n'}`)
    }
    if (look === times) return exitCodes.done
    await sleep(interval * 1000, undefined, { signal }).catch(() => {})
  }
}
