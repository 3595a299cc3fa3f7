import { createReadStream } from 'node:fs'
import { resolve } from 'node:path'
import type { Readable } from 'node:stream'
import type { Context } from '../context.ts'
import { CommandError } from '../errors.ts'

/** Opens a file, or stdin for `-`. Call it first, so that a mistyped name costs nothing. @throws CommandError where it cannot be read */
export async function openSource(context: Context, file: string): Promise<Readable> {
  if (file === '-') {
    // Waiting for a record that never comes must not keep the run from ending.
    context.signal.addEventListener('abort', () => context.io.stdin.push?.(null), { once: true })
    return context.io.stdin
  }
  const stream = createReadStream(resolve(context.io.cwd, file))
  await new Promise<void>((opened, failed) => {
    stream.once('open', () => opened())
    stream.once('error', (error) => failed(new CommandError(`Cannot read ${file}: ${error.message}`, { cause: error })))
  })
  return stream
}
