import { chmodSync, existsSync, openSync, renameSync, writeFileSync, writeSync } from 'node:fs'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { findCommand, runCommand } from './commands.ts'

const source = fileURLToPath(new URL('../../faults/skewed-clock.c', import.meta.url))

/** The time of day as a server sees it. */
export interface MovingClock {
  /** For the server's process. */
  env: Record<string, string>
  /** Moves the clock of all its processes at once. */
  set(seconds: number): void
}

/** Whether this machine can compile one. */
export function hasMovingClock(): boolean {
  return findCommand('cc', 'gcc') !== undefined
}

/** The library that shifts the time of day of a process. One of our own: libfaketime (0.9.10) hangs in some servers. */
export function skewedClockLibrary(directory: string): string {
  const library = join(directory, 'skewed-clock.so')
  if (existsSync(library)) return library
  const compiler = findCommand('cc', 'gcc')
  if (!compiler) throw new Error('No C compiler (Debian package `gcc`) for the clock')
  runCommand(compiler, ['-shared', '-fPIC', '-O1', '-o', `${library}.new`, source])
  renameSync(`${library}.new`, library)
  return library
}

/** A clock for the processes of one server; its files are made in `directory`. */
export function movingClock(directory: string): MovingClock {
  const library = skewedClockLibrary(directory)
  const path = join(directory, 'clock-offset')
  writeFileSync(path, Buffer.alloc(8))
  // The server runs as another user.
  chmodSync(directory, 0o755)
  for (const file of [library, path]) chmodSync(file, 0o644)
  const file = openSync(path, 'r+')
  return {
    env: { LD_PRELOAD: library, CLOCK_OFFSET_FILE: path },
    set: (seconds) => {
      const bytes = Buffer.alloc(8)
      bytes.writeBigInt64LE(BigInt(seconds))
      writeSync(file, bytes, 0, 8, 0)
    },
  }
}
