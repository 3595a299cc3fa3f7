import { previewServices } from '../services/services.ts'
import type { RunOptions } from './arguments.ts'
import { readDurations } from './durations.ts'
import type { Tools } from './tools.ts'

/** The first line of a run: what it starts, what is missing here and how to get it, and how long it takes. */
export async function announce(options: RunOptions, tools: Tools): Promise<string> {
  if (options.selection === 'unit') return ['Starts no server.', duration(options)].join(' ')
  const { starts, missing: services } = await previewServices()
  const missing = Object.entries({ ...services, ...tools.missing })
  const parts = [
    starts.length > 0 ? `Starts ${starts.join(', ')}.` : 'The services run already.',
    missing.length > 0 && `Missing here, so that its tests are skipped: ${missing.map(([, why]) => why).join('; ')}.`,
    duration(options),
  ]
  return parts.filter(Boolean).join(' ')
}

function duration({ files, selection }: RunOptions): string {
  const { runs } = readDurations()
  const seconds = files.length > 0 ? undefined : runs[selection]
  if (seconds === undefined) return ''
  return seconds < 90 ? `Takes about ${Math.round(seconds)} s.` : `Takes about ${Math.ceil(seconds / 60)} minutes.`
}
