import type { Logger } from 'post-rate'
import type { Output } from './io.ts'
import { printableJson } from './json.ts'

const longest = 4000

/** Log lines of one JSON object each on a terminal-safe stream; without `verbose` only what is trouble. */
export function streamLogger(stream: Output, verbose: boolean): Logger {
  const at = (level: string) => (message: string, details?: Record<string, unknown>) => {
    const line = printableJson({ time: new Date().toISOString(), level, message, ...details })
    stream.write(`${line.length > longest ? `${line.slice(0, longest)}…` : line}\n`)
  }
  const silent = () => {}
  return { debug: silent, info: verbose ? at('info') : silent, warn: at('warn'), error: at('error') }
}
