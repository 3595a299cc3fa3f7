import type { DependencyStatus, PostRate, Status } from 'post-rate'
import type { Configuration } from '../configuration.ts'
import type { Context } from '../context.ts'
import { exitCodes } from '../exit-code.ts'
import { duration } from '../figures.ts'
import { explainBypasses } from '../findings.ts'
import { streamLogger } from '../logger.ts'
import { counted, span } from '../ui/numbers.ts'
import { printable } from '../ui/printable.ts'
import { wrapped } from '../ui/wrapped.ts'
import { doctorLog } from './doctor-log.ts'

type Verdict = 'ok' | 'warning' | 'failed' | 'unknown' | 'off'

interface Check {
  name: string
  verdict: Verdict
  /** What was found and, where something is wrong, what to do. */
  detail: string
}

/** Milliseconds by which this clock may differ from the database's before it is worth a word. */
const clockTolerance = 2000

/** Messages that wait on all partitions together before it is worth a word. */
const lagTolerance = 1000
/** What a new topic gets where nothing else is configured. */
const usualPartitions = 6

/** Cells before the detail. */
const indent = 20

/** One line for each dependency and each thing that commonly goes wrong. Changes nothing. */
export async function doctor(context: Context): Promise<number> {
  const { talk } = context
  const log = doctorLog(streamLogger(context.io.stderr, false))
  const postRate = await context.open({ check: false, logger: log.logger })
  const status = await postRate.status({ patient: true })
  log.release(status)
  const schema = status.dependencies.postgres.reachable ? await checkSchema(postRate) : null
  const settings = schema?.verdict === 'ok' ? await checkSettings(context, postRate) : null
  const triggers = schema?.verdict === 'ok' ? await checkTriggers(postRate) : null
  const node: Check = { name: 'node', verdict: 'ok', detail: process.version }
  const topic = checkTopic(await context.configuration(), status)
  const checks = [node, ...dependencies(status), schema, triggers, settings, ...topic, ...health(status)].filter(
    (check) => check !== null,
  )
  if (talk.json) await talk.document({ checks, status })
  else
    for (const { name, verdict, detail } of checks)
      await talk.line(`${mark(context, verdict)}  ${name.padEnd(9)}  ${lines(detail, talk.columns)}`.trimEnd())
  if (dependencies(status).some(({ verdict }) => verdict === 'failed')) return exitCodes.unreachable
  if (schema?.verdict === 'failed' || triggers?.verdict === 'failed') return exitCodes.schema
  return settings?.verdict === 'failed' ? exitCodes.configuration : exitCodes.done
}

function dependencies({ dependencies: { postgres, redis, kafka } }: Status): Check[] {
  const check = (name: string, dependency: typeof postgres, without: string): Check => {
    if (!dependency.configured) return { name, verdict: 'off', detail: `not configured: ${without}` }
    if (dependency.reachable && name !== 'postgres' && dependency.detail !== '')
      return { name, verdict: 'warning', detail: dependency.detail }
    if (dependency.reachable) return { name, verdict: 'ok', detail: way(dependency) }
    return { name, verdict: 'failed', detail: dependency.detail || 'cannot be reached. Check its address.' }
  }
  return [
    check('postgres', postgres, 'set DATABASE_URL'),
    check('redis', redis, 'statistics are read from PostgreSQL (REDIS_URL)'),
    check('kafka', kafka, 'the relay applies the changes itself (KAFKA_BROKERS)'),
  ]
}

/** `15.18, encrypted, behind a pooler` */
function way({ version, encrypted, pooled }: DependencyStatus): string {
  const words = [version ?? 'reachable', encrypted === null ? '' : encrypted ? 'encrypted' : 'plaintext']
  return [...words, pooled ? 'behind a pooler' : ''].filter((word) => word !== '').join(', ')
}

async function checkSchema(postRate: PostRate): Promise<Check> {
  try {
    await postRate.schema.check()
    const applied = (await postRate.schema.status()).filter(({ appliedAt }) => appliedAt !== null)
    return { name: 'schema', verdict: 'ok', detail: `version ${applied.at(-1)?.version ?? 0}` }
  } catch (error) {
    return { name: 'schema', verdict: 'failed', detail: (error as Error).message }
  }
}

/** What counts every change of a rating. */
async function checkTriggers(postRate: PostRate): Promise<Check> {
  const bypasses = await postRate.schema.bypasses()
  if (bypasses.length === 0) return { name: 'triggers', verdict: 'ok', detail: 'every change is counted' }
  const detail = explainBypasses(bypasses).map(({ meaning, remedy }) => `${meaning} ${remedy}`)
  return { name: 'triggers', verdict: 'failed', detail: detail.join(' ') }
}

async function checkSettings(context: Context, postRate: PostRate): Promise<Check> {
  try {
    await context.start(postRate)
    const { display, windowSeconds, prior, starPerDay } = await postRate.settings.get()
    const policy = display === 'guard' ? `guard, ${starPerDay} stars a day` : display
    const detail = `${policy}, window ${windowSeconds} s, prior ${prior.weight}:${prior.mean}`
    return { name: 'settings', verdict: 'ok', detail }
  } catch (error) {
    return { name: 'settings', verdict: 'failed', detail: (error as Error).message }
  }
}

/** The topic, and how far its consumers are. */
function checkTopic(configuration: Configuration, { dependencies: { kafka }, lag, unknown }: Status): Check[] {
  if (!kafka.reachable) return []
  if (lag === null) return [{ name: 'topic', verdict: 'unknown', detail: unknown.lag ?? '' }]
  const { schema = 'post_rate', topicPartitions = usualPartitions } = configuration
  const { topic = schema === 'post_rate' ? 'rating-changes' : `rating-changes-${schema}` } = configuration
  if (lag.length === 0)
    return [
      {
        name: 'topic',
        verdict: 'warning',
        detail: `${topic} cannot be found. A relay or a consumer makes it: start \`post-rate relay\`. Where others are there already, compare POST_RATE_TOPIC and KAFKA_BROKERS with theirs.`,
      },
    ]
  const few = lag.length < topicPartitions
  const broker = configuration.kafkaBrokers?.[0] ?? 'HOST:9092'
  const grow = `\`kafka-topics.sh --bootstrap-server ${broker} --alter --topic ${topic} --partitions ${topicPartitions}\``
  const waiting = lag.reduce((sum, partition) => sum + partition.lag, 0)
  const late = waiting > lagTolerance
  return [
    {
      name: 'topic',
      verdict: few ? 'warning' : 'ok',
      detail: few
        ? `${topic} has ${lag.length} of ${topicPartitions} partitions: no more consumers than that work at a time. Add them at any time with ${grow}, or set POST_RATE_TOPIC_PARTITIONS=${lag.length}.`
        : `${topic}, ${counted(lag.length, 'partition')}`,
    },
    {
      name: 'lag',
      verdict: late ? 'warning' : 'ok',
      detail: `${counted(waiting, 'message')} on ${counted(lag.length, 'partition')}${late ? `. Where that does not fall, start \`post-rate consumer\`, up to ${lag.length} of them.` : ''}`,
    },
  ]
}

function health(status: Status): Check[] {
  const { outbox, leases, freshnessSeconds, clockOffsetMs, unknown } = status
  const checks: Check[] = []
  if (outbox === null || leases === null) {
    const detail = unknown.leases ?? unknown.outbox ?? ''
    if (status.dependencies.postgres.reachable) checks.push({ name: 'relay', verdict: 'unknown', detail })
  } else {
    const relay = leases.some(({ name, secondsLeft }) => name.startsWith('relay:') && secondsLeft > 0)
    const behind =
      freshnessSeconds === null || freshnessSeconds < 0 ? '' : `, everything folded ${duration(freshnessSeconds)} ago`
    checks.push({
      name: 'relay',
      verdict: relay ? 'ok' : 'warning',
      detail: relay
        ? `running; ${counted(outbox.rows, 'change')} in the outbox${behind}`
        : `none runs; ${counted(outbox.rows, 'change waits', 'changes wait')} in the outbox. Start \`post-rate relay\` or \`post-rate serve\`.`,
    })
  }
  if (clockOffsetMs !== null) {
    const off = Math.abs(clockOffsetMs)
    const apart = off > clockTolerance
    const advice = apart ? ' Only the database clock counts, but set this one right: `timedatectl set-ntp true`.' : ''
    checks.push({
      name: 'clock',
      verdict: apart ? 'warning' : 'ok',
      detail: `${apart ? span(off / 1000) : `${Math.round(off)} ms`} ${clockOffsetMs < 0 ? 'ahead of' : 'behind'} the database.${advice}`,
    })
  }
  const audit = auditCheck(status)
  if (audit !== null) checks.push(audit)
  const incidents = incidentCheck(status)
  if (incidents !== null) checks.push(incidents)
  const moved = movedClock(status)
  if (moved !== null) checks.push({ name: 'db clock', verdict: 'warning', detail: moved })
  return checks
}

/** Warns where the background audit repaired a post in the last day: its ratings had bypassed the triggers. */
function auditCheck({ audit }: Status): Check | null {
  if (audit === null) return null
  const { passedAt, repaired, repairedAt } = audit
  const pass =
    passedAt === null ? `first pass, ${counted(audit.posts, 'post')} so far` : `last whole pass ended ${passedAt}`
  const recently = repairedAt !== null && Date.now() - Date.parse(repairedAt) < 86_400_000
  if (!recently) return { name: 'audit', verdict: 'ok', detail: pass }
  const detail = `${pass}. The audit repaired ${counted(repaired, 'post')}, last at ${repairedAt}: ratings had bypassed the triggers. Look for a restore, for triggers that were disabled, and for sessions with session_replication_role = replica.`
  return { name: 'audit', verdict: 'warning', detail }
}

/** Warns where nobody has decided about an incident, and where the webhook does not accept events. */
function incidentCheck({ incidents }: Status): Check | null {
  if (incidents === null) return null
  const { open, oldestSeconds, deadLetters } = incidents
  const parts = [
    ...(open === 0
      ? []
      : [
          `${counted(open, 'incident is', 'incidents are')} open, the oldest for ${span(oldestSeconds)}: decide with \`post-rate incidents list --state open\`.`,
        ]),
    ...(deadLetters === 0
      ? []
      : [
          `The webhook did not accept ${counted(deadLetters, 'event')} within a day: look at POST_RATE_WEBHOOK_URL and at the log of the relay.`,
        ]),
  ]
  if (parts.length === 0) return { name: 'incidents', verdict: 'ok', detail: 'none open' }
  return { name: 'incidents', verdict: 'warning', detail: parts.join(' ') }
}

/** Warning for a database whose clock was ahead; null where it was not. */
function movedClock({ freshnessSeconds, clockSetBack }: Status): string | null {
  const advice = "Keep the clock of the database's server right: `timedatectl set-ntp true` there."
  if (freshnessSeconds !== null && freshnessSeconds < 0)
    return `The clock of the database moved back: its ratings are noted as counted up to ${span(-freshnessSeconds)} from now. A relay corrects that at once: start \`post-rate relay\` where none runs. ${advice}`
  if (clockSetBack === null) return null
  return `The clock of the database moved: it was ${span(clockSetBack.seconds)} ahead until ${clockSetBack.at}. Displays are normal two windows after that; ratings of the time before keep their dates. ${advice}`
}

/** On a terminal in a column of its own. */
function lines(detail: string, columns: number): string {
  return wrapped(printable(detail), columns - indent).join(`\n${' '.repeat(indent)}`)
}

function mark(context: Context, verdict: Verdict): string {
  const style = { ok: 'green', warning: 'yellow', failed: 'red', unknown: 'yellow', off: 'gray' } as const
  return context.talk.style(style[verdict], verdict.padEnd(7))
}
