import { styleText } from 'node:util'
import type { Io } from './io.ts'
import { printableJson } from './json.ts'
import { logLine } from './logger.ts'
import { Progress } from './progress.ts'
import { printable } from './ui/printable.ts'

type Style = Parameters<typeof styleText>[0]

/** How a command speaks: data on stdout, everything else on stderr, and never a control character from the data. */
export class Talk {
  readonly json: boolean
  /** Whether stdout may be coloured. */
  readonly color: boolean
  /** The columns of the terminal; Infinity where stdout is none. */
  readonly columns: number
  readonly #io: Io

  constructor(io: Io, { json, color }: { json: boolean; color: boolean }) {
    const wanted = color && !io.env.NO_COLOR && io.env.TERM !== 'dumb'
    this.#io = io
    this.json = json
    this.color = wanted && io.stdout.isTTY === true
    this.columns = io.stdout.isTTY === true ? (io.stdout.columns ?? 80) : Number.POSITIVE_INFINITY
  }

  /** One JSON document on stdout, on one line. */
  document(value: unknown): Promise<void> {
    return this.raw(`${printableJson(value)}\n`)
  }

  /** A line of data on stdout. Text from elsewhere in it must have been made {@link printable}. */
  line(text: string): Promise<void> {
    return this.raw(`${text}\n`)
  }

  /** Bytes on stdout; resolves when the reader keeps up, so that nothing piles up in memory. */
  raw(text: string): Promise<void> {
    const { stdout } = this.#io
    if (stdout.destroyed) return Promise.resolve()
    if (stdout.write(text)) return Promise.resolve()
    return new Promise((resolve) => {
      const go = () => {
        stdout.off('drain', go).off('close', go).off('error', go)
        resolve()
      }
      stdout.once('drain', go).once('close', go).once('error', go)
    })
  }

  /** Talk, on stderr: as text, or as a line of the log where only programs read that. */
  note(text: string): void {
    if (this.#io.stderrIsLog) {
      this.#io.stderr.write(logLine('info', text))
      return
    }
    this.#io.stderr.write(`${text.split('\n').map(printable).join('\n')}\n`)
  }

  style(style: Style, text: string): string {
    return this.color ? styleText(style, text, { validateStream: false }) : text
  }

  progress(what: string): Progress {
    return new Progress(this.#io.stderr, what, {
      rewrite: this.#io.stderr.isTTY === true && this.#io.env.TERM !== 'dumb',
    })
  }
}
