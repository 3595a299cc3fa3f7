import { Writable } from 'node:stream'
import type { Output } from '../io.ts'

const linesKept = 50

/** An output that can be held while the dashboard has the terminal: it shows what is written meanwhile, which comes out after it. */
export class HeldOutput extends Writable {
  readonly #output: Output
  #held: string[] | null = null

  readonly #onHeld: (text: string) => void

  /** `onHeld` is told what is held back. */
  constructor(output: Output, onHeld: (text: string) => void = () => {}) {
    super({ decodeStrings: false })
    this.#output = output
    this.#onHeld = onHeld
  }

  hold(): void {
    this.#held ??= []
  }

  /** Writes the last lines of what was held. Idempotent. */
  release(): void {
    const held = this.#held
    this.#held = null
    if (held !== null && held.length > 0) this.#output.write(held.join(''))
  }

  override _write(chunk: unknown, _encoding: BufferEncoding, done: () => void): void {
    const text = String(chunk)
    if (this.#held === null) this.#output.write(text)
    else {
      this.#held = [...this.#held, text].slice(-linesKept)
      this.#onHeld(text)
    }
    done()
  }
}
