import type { DisplaySettings, Settings } from '../domain/settings.ts'
import { invalidInput } from '../errors.ts'

/** A process that believes in other settings than the deployment's must not work on it. */
export function refuseOtherSettings(wanted: Partial<DisplaySettings>, settings: Settings): void {
  const differ = (key: string, mine: unknown, theirs: unknown) =>
    invalidInput(
      key,
      `this process is configured with ${mine}, the deployment with ${theirs}: leave it out, or change the deployment with \`post-rate settings set ${key}\``,
    )
  if (wanted.display !== undefined && wanted.display !== settings.display)
    throw differ('display', wanted.display, settings.display)
  if (wanted.windowSeconds !== undefined && wanted.windowSeconds !== settings.windowSeconds)
    throw differ('window', wanted.windowSeconds, settings.windowSeconds)
  const { prior } = settings
  if (wanted.prior !== undefined && (wanted.prior.weight !== prior.weight || wanted.prior.mean !== prior.mean))
    throw differ('prior', `${wanted.prior.weight}:${wanted.prior.mean}`, `${prior.weight}:${prior.mean}`)
  if (wanted.starPerDay !== undefined && wanted.starPerDay !== settings.starPerDay)
    throw differ('spike-guard', `${wanted.starPerDay} stars a day`, `${settings.starPerDay}`)
  if (wanted.minCount !== undefined && wanted.minCount !== settings.minCount)
    throw differ('min-count', wanted.minCount, settings.minCount)
}
