import type { Logger } from 'post-rate'
import type { Output } from './io.ts'
import { printableJson } from './json.ts'

const longest = 4000

/** Log lines of one JSON object each on a terminal-safe stream; without `verbose` only what is trouble. */
export function streamLogger(stream: Output, verbose: boolean): Logger {
  const at = (level: string) => (message: string, details?: Record<string, unknown>) => {
    stream.write(logLine(level, message, details))
  }
  const silent = () => {}
  return { debug: silent, info: verbose ? at('info') : silent, warn: at('warn'), error: at('error') }
}

/** One JSON object on a line. */
export function logLine(level: string, message: string, details?: Record<string, unknown>): string {
  const time = new Date().toISOString()
  const line = printableJson({ time, level, message, ...details })
  if (line.length <= longest) return `${line}\n`
  // Cut off, it would be no JSON any more.
  return `${printableJson({ time, level, message: message.slice(0, longest / 8), cut: line.length })}\n`
}
