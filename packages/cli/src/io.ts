import type { Readable, Writable } from 'node:stream'

/** A stream that may be a terminal. */
export interface Output extends Writable {
  isTTY?: boolean
  columns?: number
  rows?: number
}

/** The outside world of one run, so that tests can run a command inside their own process. */
export interface Io {
  stdin: Readable & { isTTY?: boolean }
  /** Data, nothing else. */
  stdout: Output
  /** Talk and progress. */
  stderr: Output
  /** Only programs read it, so every line is JSON. */
  stderrIsLog?: boolean
  env: Readonly<Record<string, string | undefined>>
  /** Absolute path. */
  cwd: string
  /** Aborted with an {@link Interrupted} when the run shall come to an end. */
  signal?: AbortSignal
}
