import type { Logger } from 'post-rate'

/** Keeps what is logged, of every level. */
export class RecordingLogger implements Logger {
  readonly lines: string[] = []
  readonly debug = this.#at('debug')
  readonly info = this.#at('info')
  readonly warn = this.#at('warn')
  readonly error = this.#at('error')

  text(): string {
    return this.lines.join('\n')
  }

  #at(level: string): Logger['info'] {
    return (message, details) => {
      this.lines.push(`${level} ${message} ${details === undefined ? '' : JSON.stringify(details)}`)
    }
  }
}
