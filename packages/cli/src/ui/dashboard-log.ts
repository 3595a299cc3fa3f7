import { printable } from './printable.ts'

export type LogLevel = 'info' | 'warn' | 'error'

export interface LogLine {
  /** Milliseconds since the epoch, of this process's clock. */
  at: number
  level: LogLevel
  text: string
}

const linesKept = 500

/** What happened while the dashboard was open, oldest first: what it did itself, and what the library had to say. */
export class DashboardLog {
  #lines: readonly LogLine[] = []

  get lines(): readonly LogLine[] {
    return this.#lines
  }

  add(level: LogLevel, text: string): void {
    this.#lines = [...this.#lines, { at: Date.now(), level, text: printable(text) }].slice(-linesKept)
  }

  /** A line of the logger: JSON with a level and a message, or any other text. */
  addLogged(line: string): void {
    const { level, message, ...details } = objectOf(line)
    const { time: _, ...more } = details
    if (typeof message !== 'string') this.add('warn', line)
    else
      this.add(
        level === 'error' || level === 'info' ? level : 'warn',
        [message, ...Object.entries(more).map(([name, value]) => `${name}=${value}`)].join(' '),
      )
  }
}

function objectOf(line: string): Record<string, unknown> {
  try {
    return Object(JSON.parse(line))
  } catch {
    return {}
  }
}
