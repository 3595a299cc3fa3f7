import { Writable } from 'node:stream'
import { widthOf } from './fitted.ts'

const esc = '\u001B'
const enter = `${esc}[?1049h${esc}[?25l${esc}[?7l${esc}[2J`
const leave = `${esc}[?7h${esc}[?25h${esc}[?1049l`
const beginFrame = `${esc}[?2026h`
const endFrame = `${esc}[?2026l`
const style = `${esc}\\[[\\d:;]*m`
const styles = new RegExp(style, 'g')
const unwanted = new RegExp(`(${style})|\\p{Cc}`, 'gu')

/**
 * The whole terminal as a stream of frames: each write is one frame, lines separated by line feeds. It uses the
 * alternate screen, writes only lines that changed, each at its place and all at once, so nothing flickers, and lets
 * through no control character but colours. While the terminal is slow, frames in between are left out.
 *
 * Ink's own output erases and rewrites all lines where they fill the terminal (6.8), hence this.
 */
export class Screen extends Writable {
  readonly isTTY = true
  readonly #terminal: NodeJS.WriteStream
  #shown: string[] = []
  #frame = ''
  #entered = false
  #slow = false

  constructor(terminal: NodeJS.WriteStream) {
    super({ decodeStrings: false })
    this.#terminal = terminal
  }

  get columns(): number {
    return this.#terminal.columns || 80
  }

  get rows(): number {
    return this.#terminal.rows || 24
  }

  enter(): void {
    if (this.#entered) return
    this.#entered = true
    this.#terminal.write(enter)
    this.#terminal.on('resize', this.#resized)
    this.#terminal.on('drain', this.#drained)
  }

  /** Gives the terminal back as it was. Idempotent. */
  leave(): void {
    if (!this.#entered) return
    this.#entered = false
    this.#terminal.off('resize', this.#resized)
    this.#terminal.off('drain', this.#drained)
    this.#terminal.write(leave)
  }

  /** Draws everything anew, for a terminal that something else wrote to. */
  redraw(): void {
    this.#shown = []
    this.#paint(`${esc}[2J`)
  }

  override _write(frame: unknown, _encoding: BufferEncoding, done: () => void): void {
    // Ink's farewell on unmount is an empty line.
    if (typeof frame === 'string' && frame.trim() !== '') {
      this.#frame = frame
      this.#paint('')
    }
    done()
  }

  #paint(before: string): void {
    if (!this.#entered || this.#slow) return
    const lines = this.#frame.split('\n').slice(0, this.rows)
    const height = Math.max(lines.length, this.#shown.length)
    let changes = before
    for (let row = 0; row < height; row++) {
      const line = (lines[row] ?? '').replace(unwanted, '$1')
      if (line === this.#shown[row]) continue
      this.#shown[row] = line
      changes += `${esc}[${row + 1};1H${line}${esc}[0m${this.#blankAfter(line)}`
    }
    if (changes !== '') this.#slow = !this.#terminal.write(beginFrame + changes + endFrame)
  }

  // After a full line the cursor is still on its last cell, and would erase it.
  #blankAfter(line: string): string {
    return widthOf(line.replace(styles, '')) < this.columns ? `${esc}[K` : ''
  }

  readonly #resized = (): void => {
    this.redraw()
    this.emit('resize')
  }

  readonly #drained = (): void => {
    this.#slow = false
    this.#paint('')
  }
}
