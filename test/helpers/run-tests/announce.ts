import { previewServices } from '../services/services.ts'
import type { RunOptions } from './arguments.ts'
import { readDurations } from './durations.ts'
import type { Tools } from './tools.ts'

/** The first line of a run: what it starts, what is missing here and how to get it, and how long it takes. */
export async function announce(options: RunOptions, tools: Tools): Promise<string> {
  if (options.selection === 'unit') return ['Starts no server.', duration(options)].join(' ')
  const { starts, missing: services } = await previewServices()
  const missing = { ...services, ...tools.missing }
  const parts = [
    starts.length > 0 ? `Starts ${starts.join(', ')}.` : 'The services run already.',
    Object.keys(missing).length > 0 && describeMissing(missing),
    duration(options),
  ]
  return parts.filter(Boolean).join(' ')
}

/** The packages are named in the reasons, which the end of a run lists in full. */
function describeMissing(missing: Record<string, string>): string {
  const packages = Object.values(missing).flatMap((reason) => /Debian package `([^`]+)`/.exec(reason)?.[1] ?? [])
  const install = packages.length > 0 ? ` (Debian packages: ${[...new Set(packages)].join(', ')})` : ''
  return `Skips the tests that need what is missing here: ${Object.keys(missing).join(', ')}${install}.`
}

function duration({ files, selection }: RunOptions): string {
  const { runs } = readDurations()
  const seconds = files.length > 0 ? undefined : runs[selection]
  if (seconds === undefined) return ''
  return seconds < 90 ? `Takes about ${Math.round(seconds)} s.` : `Takes about ${Math.ceil(seconds / 60)} minutes.`
}
