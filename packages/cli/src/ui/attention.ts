import type { Status, VerifyReport } from 'post-rate'
import { count, counted, span } from './numbers.ts'
import type { TaskState } from './use-task.ts'

/** Something an administrator should look at, worst first. */
export interface Attention {
  tone: 'bad' | 'warn'
  text: string
}

/** What is not as it should be, and what to do about it. */
export function attentionOf(status: Status, verify: TaskState<VerifyReport>): Attention[] {
  const found: Attention[] = []
  const bad = (text: string) => found.push({ tone: 'bad', text })
  const warn = (text: string) => found.push({ tone: 'warn', text })

  for (const [name, { configured, reachable, detail }] of dependenciesOf(status)) {
    if (configured && !reachable)
      bad(detail.startsWith('Cannot ') ? detail : `${name} cannot be reached. ${detail}`.trim())
    else if (configured && detail !== '') warn(`${name}: ${detail}`)
  }
  const { outbox, leases, freshnessSeconds, clockOffsetMs, clockSetBack, audit, incidents } = status
  // The reconciler has a lease, too, also in a consumer.
  const shards = (leases ?? []).filter(({ name }) => name.startsWith('relay:'))
  const live = shards.filter(({ secondsLeft }) => secondsLeft > 0)
  if (leases !== null && outbox !== null && outbox.rows > 0 && live.length === 0)
    bad(`No relay runs, ${counted(outbox.rows, 'change waits', 'changes wait')}: start \`post-rate relay\`.`)
  else if (outbox !== null && outbox.oldestSeconds > 60)
    bad(`The outbox's oldest row waits for ${span(outbox.oldestSeconds)}: the relay does not keep up.`)
  for (const { name, secondsLeft } of shards)
    if (secondsLeft <= 0 && live.length > 0) warn(`Shard ${name} is without a relay for ${span(-secondsLeft)}.`)
  if (freshnessSeconds !== null && freshnessSeconds > 60)
    warn(`The stats are ${span(freshnessSeconds)} behind the ratings.`)
  if (freshnessSeconds !== null && freshnessSeconds < 0)
    warn(`The database's clock moved back by ${span(-freshnessSeconds)}: a relay corrects the displays.`)
  else if (clockSetBack !== null)
    warn(`The database's clock was ${span(clockSetBack.seconds)} ahead until ${clockSetBack.at}.`)
  if (audit !== null && audit.repairedAt !== null && Date.now() - Date.parse(audit.repairedAt) < 86_400_000)
    warn(
      `${counted(audit.repaired, 'post')} repaired by the audit, last at ${audit.repairedAt}: ratings had bypassed the triggers.`,
    )
  if (incidents !== null && incidents.open > 0)
    warn(
      `${counted(incidents.open, 'incident is', 'incidents are')} open, the oldest for ${span(incidents.oldestSeconds)}: see 4.`,
    )
  if (incidents !== null && incidents.deadLetters > 0)
    warn(`The webhook did not accept ${counted(incidents.deadLetters, 'event')} within a day: see the relay's log.`)
  if (clockOffsetMs !== null && Math.abs(clockOffsetMs) > 2000)
    warn(`This machine's clock is ${span(Math.abs(clockOffsetMs) / 1000)} off the database's.`)
  if (verify.state === 'done' && verify.report.drift.length > 0) bad(driftText(verify.report))
  if (verify.state === 'failed') warn(`Verify failed: ${verify.message}`)
  return found.sort((a, b) => Number(a.tone === 'warn') - Number(b.tone === 'warn'))
}

/** The dependencies by their names, in the order of the data's flow. */
export function dependenciesOf({ dependencies }: Status) {
  return [
    ['PostgreSQL', dependencies.postgres],
    ['Kafka', dependencies.kafka],
    ['Redis', dependencies.redis],
  ] as const
}

function driftText({ drift }: VerifyReport): string {
  const posts = new Set(drift.map(({ postId }) => postId))
  const kinds = [...new Set(drift.map(({ kind }) => kind))].join(', ')
  const some = [...posts].slice(0, 5).join(', ')
  const more = posts.size > 5 ? ', …' : ''
  const subject = posts.size === 1 ? '1 post drifts' : `${count(posts.size)} posts drift`
  return `${subject} (${kinds}): ${some}${more}. Press r to rebuild.`
}
