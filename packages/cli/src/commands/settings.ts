import type { PostRate, Settings } from 'post-rate'
import { parseDisplay, parsePriorText, parseSpikeGuard, parseWindow } from '../configuration-keys.ts'
import { confirm } from '../confirm.ts'
import type { Context } from '../context.ts'
import { deciderOf } from '../decision.ts'
import { UsageError } from '../errors.ts'
import { exitCodes } from '../exit-code.ts'
import { whole } from '../whole.ts'

type Changes = Parameters<PostRate['settings']['set']>[0]

/** What `settings set` may change, by the name it has on the command line. */
const changeable = {
  display: (value: string): Changes => ({ display: parseDisplay(value) }),
  window: (value: string): Changes => ({ windowSeconds: parseWindow(value) }),
  prior: (value: string): Changes => ({ prior: parsePriorText(value) }),
  'spike-guard': (value: string): Changes => ({ spikeGuard: parseSpikeGuard(value) }),
  'min-count': (value: string): Changes => ({ minCount: whole(0, 1_000_000)(value) }),
  shards: (value: string): Changes => ({ relayShards: whole(1, 64)(value) }),
  audit: (value: string): Changes => ({ audit: parseAudit(value) }),
  publishExclusions: (value: string): Changes => ({ publishExclusions: parseSwitch(value) }),
  quarantine: (value: string): Changes => ({ quarantine: parseQuarantine(value) }),
  releaseAfterHours: (value: string): Changes => ({ releaseAfterHours: parseHours(value) }),
}
type Key = keyof typeof changeable

export async function showSettings(context: Context): Promise<number> {
  const postRate = await openUnbelieving(context)
  await print(context, await postRate.settings.get())
  return exitCodes.done
}

/** Changes one setting of the deployment. */
export async function changeSetting(context: Context, name: string, value: string): Promise<number> {
  const key = name === 'spikeGuard' ? 'spike-guard' : name
  const changes = read(key, value)
  const { talk, flags } = context
  const postRate = await openUnbelieving(context)
  const before = textOf(await postRate.settings.get())[key as Key]
  const plan = `Would change ${key} from ${before} to ${value}; readers see it after what nextUpdateAt promised them.`
  if (flags.dryRun === true) {
    if (talk.json) await talk.document({ key, before, after: value, dryRun: true })
    else await talk.line(plan)
    return exitCodes.done
  }
  await confirm(context, () => plan)
  const settings = await postRate.settings.set(changes, { subject: key, ...deciderOf(context) })
  context.talk.note('Restart processes that are configured with another value, or leave it out of their configuration.')
  await print(context, settings)
  return exitCodes.done
}

function read(key: string, value: string): Changes {
  if (!Object.hasOwn(changeable, key))
    throw new UsageError(`${key} is no setting: there are ${Object.keys(changeable).join(', ')}.`)
  try {
    return changeable[key as Key](value)
  } catch (error) {
    throw new UsageError(`${key} ${(error as Error).message}.`)
  }
}

/** This is how a deployment comes to agree with a configuration, so it must work while they differ. */
async function openUnbelieving(context: Context): Promise<PostRate> {
  const postRate = await context.open({ check: false })
  await postRate.schema.check()
  return postRate
}

async function print(context: Context, settings: Settings): Promise<void> {
  const { previous } = settings
  const effectiveAt = new Date(settings.effectiveAt).toISOString()
  if (context.talk.json) return context.talk.document({ ...settings, effectiveAt })
  for (const [key, text] of Object.entries(textOf(settings))) await context.talk.line(`${key.padEnd(17)}  ${text}`)
  if (previous !== null)
    await context.talk.line(
      `${'since'.padEnd(17)}  ${effectiveAt}; before: ${previous.display}, ${previous.windowSeconds} s, ${previous.prior.weight}:${previous.prior.mean}, spike guard ${guardText(previous)}`,
    )
}

/** Each setting as people read it, by the name it has on the command line. */
function textOf(settings: Settings): Record<Key, string> {
  const { display, windowSeconds, prior, minCount, relayShards, audit, publishExclusions, quarantine } = settings
  return {
    display,
    window: `${windowSeconds} s`,
    prior: `${prior.weight}:${prior.mean}`,
    'spike-guard': guardText(settings),
    'min-count': minCount === 0 ? 'off' : String(minCount),
    shards: String(relayShards),
    audit: audit === 0 ? 'off' : `a pass takes ${audit} h`,
    publishExclusions: publishExclusions ? 'on' : 'off',
    quarantine,
    releaseAfterHours: String(settings.releaseAfterHours),
  }
}

function parseSwitch(value: string): boolean {
  if (value !== 'on' && value !== 'off') throw new Error('must be on or off')
  return value === 'on'
}

function parseQuarantine(value: string): 'off' | 'new' | 'all' {
  if (value !== 'off' && value !== 'new' && value !== 'all') throw new Error('must be off, new or all')
  return value
}

function parseHours(value: string): number {
  const hours = value.trim() === '' ? Number.NaN : Number(value)
  if (!(hours >= 0.01 && hours <= 8_760)) throw new Error('must be hours from 0.01 to 8760')
  return hours
}

/** `off`, or hours. */
function parseAudit(value: string): 'off' | number {
  if (value === 'off') return value
  const hours = value.trim() === '' ? Number.NaN : Number(value)
  if (!Number.isFinite(hours)) throw new Error('must be off, or the hours of a whole pass, such as 24')
  return hours
}

function guardText({ display, starPerDay }: Pick<Settings, 'display' | 'starPerDay'>): string {
  return display === 'guard' ? `${starPerDay} stars a day` : 'off'
}
