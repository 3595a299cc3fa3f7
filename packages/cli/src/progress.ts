import { duration } from './figures.ts'
import type { Output } from './io.ts'

/** Milliseconds between two lines where they cannot be rewritten. */
const lineInterval = 3000
const rewriteInterval = 100

/** Progress with its rate and the time left on stderr: one line that is rewritten on a terminal, otherwise a line every few seconds. */
export class Progress {
  readonly #stream: Output
  readonly #what: string
  readonly #rewrite: boolean
  readonly #start = performance.now()
  #last = performance.now()
  #shown = false
  #from = 0

  constructor(stream: Output, what: string, { rewrite }: { rewrite: boolean }) {
    this.#stream = stream
    this.#what = what
    this.#rewrite = rewrite
  }

  /** For work that goes on where it was cut short: what was done before says nothing of its speed. */
  startAt(done: number): void {
    this.#from = done
  }

  /** `total` null: not known. `more` is said behind the figures. */
  update(done: number, total: number | null, more = ''): void {
    const now = performance.now()
    if (now - this.#last < (this.#rewrite ? rewriteInterval : lineInterval)) return
    this.#last = now
    this.#shown = true
    const text = this.#text(done, total, more)
    this.#stream.write(this.#rewrite ? `\r\x1b[2K${text.slice(0, (this.#stream.columns ?? 80) - 1)}` : `${text}\n`)
  }

  /** Clears the line, so that what is said next begins on a clean one. */
  clear(): void {
    if (this.#rewrite && this.#shown) this.#stream.write('\r\x1b[2K')
  }

  #text(done: number, total: number | null, more: string): string {
    const seconds = (performance.now() - this.#start) / 1000
    const rate = (done - this.#from) / Math.max(seconds, 0.001)
    const known = total !== null && total > 0
    const share = known ? ` of ${total} (${Math.min(100, Math.floor((100 * done) / total))} %)` : ''
    const left = known && rate > 0 ? `, ${duration(Math.max(0, total - done) / rate)} left` : ''
    return `${this.#what}: ${done}${share}, ${Math.round(rate)}/s${left}${more === '' ? '' : `, ${more}`}`
  }
}
