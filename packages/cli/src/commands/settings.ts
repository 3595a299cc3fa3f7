import type { PostRate, Settings } from 'post-rate'
import { parseDisplay, parsePriorText, parseSpikeGuard, parseWindow } from '../configuration-keys.ts'
import type { Context } from '../context.ts'
import { UsageError } from '../errors.ts'
import { exitCodes } from '../exit-code.ts'
import { whole } from '../whole.ts'

type Changes = Parameters<PostRate['settings']['set']>[0]

/** What `settings set` may change, by the name it has on the command line. */
const changeable: Record<string, (value: string) => Changes> = {
  display: (value) => ({ display: parseDisplay(value) }),
  window: (value) => ({ windowSeconds: parseWindow(value) }),
  prior: (value) => ({ prior: parsePriorText(value) }),
  'spike-guard': (value) => ({ spikeGuard: parseSpikeGuard(value) }),
  'min-count': (value) => ({ minCount: whole(0, 1_000_000)(value) }),
  shards: (value) => ({ relayShards: whole(1, 64)(value) }),
}

export async function showSettings(context: Context): Promise<number> {
  const postRate = await openUnbelieving(context)
  await print(context, await postRate.settings.get())
  return exitCodes.done
}

/** Changes one setting of the deployment. */
export async function changeSetting(context: Context, key: string, value: string): Promise<number> {
  const read = Object.hasOwn(changeable, key) ? changeable[key] : undefined
  if (read === undefined) throw new UsageError(`${key} is no setting: there are ${Object.keys(changeable).join(', ')}.`)
  let changes: Changes
  try {
    changes = read(value)
  } catch (error) {
    throw new UsageError(`${key} ${(error as Error).message}.`)
  }
  const postRate = await openUnbelieving(context)
  const settings = await postRate.settings.set(changes)
  context.talk.note('Restart processes that are configured with another value, or leave it out of their configuration.')
  await print(context, settings)
  return exitCodes.done
}

/** This is how a deployment comes to agree with a configuration, so it must work while they differ. */
async function openUnbelieving(context: Context): Promise<PostRate> {
  const postRate = await context.open({ check: false })
  await postRate.schema.check()
  return postRate
}

async function print(context: Context, settings: Settings): Promise<void> {
  const { display, windowSeconds, prior, starTakesHours, minCount, relayShards, previous } = settings
  const effectiveAt = new Date(settings.effectiveAt).toISOString()
  if (context.talk.json) {
    const shown = { display, windowSeconds, prior, starTakesHours, minCount, relayShards, effectiveAt, previous }
    return context.talk.document(shown)
  }
  await context.talk.line(`display      ${display}`)
  await context.talk.line(`window       ${windowSeconds} s`)
  await context.talk.line(`prior        ${prior.weight}:${prior.mean}`)
  await context.talk.line(`spike-guard  ${guardText(settings)}`)
  await context.talk.line(`min-count    ${minCount === 0 ? 'off' : minCount}`)
  await context.talk.line(`shards       ${relayShards}`)
  if (previous !== null)
    await context.talk.line(
      `since        ${effectiveAt}; before: ${previous.display}, ${previous.windowSeconds} s, ${previous.prior.weight}:${previous.prior.mean}, spike guard ${guardText(previous)}`,
    )
}

function guardText({ display, starTakesHours }: Pick<Settings, 'display' | 'starTakesHours'>): string {
  return display === 'guard' ? `a star takes ${starTakesHours} h` : 'off'
}
