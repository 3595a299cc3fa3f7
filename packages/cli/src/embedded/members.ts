import { randomBytes } from 'node:crypto'
import { readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { identityOf, isRunning } from './process-identity.ts'

/** Who uses the server at present: a file for each, so that one that was killed is known to be gone. */
export class Members {
  readonly #directory: string

  constructor(directory: string) {
    this.#directory = directory
  }

  /**
   * Enters this process. `orphaned` is called when the process ends before `left` and nobody else is there; it must not need
   * the event loop. Between `leave` and `left` the caller stops what only the last one stops: a second signal may end the
   * process in the middle of it.
   */
  enter(orphaned: () => void): { leave: () => void; left: () => void } {
    const path = join(this.#directory, `${process.pid}-${randomBytes(4).toString('hex')}`)
    writeFileSync(path, identityOf(process.pid))
    const onExit = () => {
      rmSync(path, { force: true })
      if (this.count() === 0) orphaned()
    }
    process.once('exit', onExit)
    return {
      leave: () => rmSync(path, { force: true }),
      left: () => {
        process.removeListener('exit', onExit)
      },
    }
  }

  /** How many live processes have entered; forgets the dead ones. */
  count(): number {
    let count = 0
    for (const name of readdirSync(this.#directory)) {
      const path = join(this.#directory, name)
      if (isRunning(readIfThere(path))) count++
      else rmSync(path, { force: true })
    }
    return count
  }
}

function readIfThere(path: string): string {
  try {
    return readFileSync(path, 'utf8')
  } catch {
    return ''
  }
}
