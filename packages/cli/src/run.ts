import { Interrupted } from './errors.ts'
import { endingOf, isBrokenPipe } from './exit-code.ts'
import type { Io } from './io.ts'
import { logLine } from './logger.ts'
import { withoutPasswords } from './passwords.ts'
import { createProgram } from './program.ts'
import { printable } from './ui/printable.ts'

export type { Io, Output } from './io.ts'

/** Commands that run for days and write a log of JSON lines. */
const roles = ['serve', 'relay', 'consumer']

/**
 * Runs one command line (without the program's own name) and resolves to its exit code: 0 done, 1 failed, 2 usage,
 * 3 configuration, 4 a dependency cannot be reached, 5 drift found, 6 schema mismatch, 130 interrupted.
 */
export async function run(argv: readonly string[], io: Io): Promise<number> {
  const brokenPipe = new AbortController()
  const onError = (error: unknown) => {
    if (isBrokenPipe(error)) brokenPipe.abort(new Interrupted('SIGPIPE'))
  }
  io.stdout.on('error', onError)
  io.stderr.on('error', onError)
  const signal = AbortSignal.any([...(io.signal ? [io.signal] : []), brokenPipe.signal])
  const stderrIsLog = io.stderr.isTTY !== true && roles.includes(commandOf(argv) ?? '')
  let exitCode = 0
  try {
    const program = createProgram({ ...io, signal, stderrIsLog }, (code) => {
      exitCode = code
    })
    await program.parseAsync(argv, { from: 'user' })
  } catch (error) {
    const ending = await endingOf(error)
    const stack = ending.stack?.split('\n').slice(1).join('\n')
    if (stderrIsLog && ending.message !== null)
      io.stderr.write(
        logLine(
          'error',
          withoutPasswords(ending.message),
          stack === undefined ? {} : { stack: withoutPasswords(stack) },
        ),
      )
    else if (ending.message !== null) {
      io.stderr.write(`Error: ${readable(ending.message)}\n`)
      if (stack !== undefined) io.stderr.write(`${readable(stack)}\n`)
    }
    exitCode = ending.exitCode
  } finally {
    io.stdout.off('error', onError)
    io.stderr.off('error', onError)
  }
  return exitCode
}

/** The first word that is neither an option nor the value of one. */
function commandOf(argv: readonly string[]): string | undefined {
  return argv.find((word, n) => !word.startsWith('-') && (roles.includes(word) || !argv[n - 1]?.startsWith('-')))
}

function readable(text: string): string {
  return withoutPasswords(text).split('\n').map(printable).join('\n')
}
