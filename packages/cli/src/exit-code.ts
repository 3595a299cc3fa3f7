import { CommanderError } from 'commander'
import type { PostRateErrorCode } from 'post-rate'
import { CommandError, ConfigurationError, Interrupted, UnreachableError, UsageError } from './errors.ts'

/** What a script may branch on. */
export const exitCodes = {
  done: 0,
  failed: 1,
  usage: 2,
  configuration: 3,
  unreachable: 4,
  drift: 5,
  schema: 6,
  interrupted: 130,
} as const

/** How a run ended that did not end well. */
export interface Ending {
  exitCode: number
  /** What to tell the user, with the next step where one is known. Null: nothing, or it has been told already. */
  message: string | null
  /** Set where neither the user nor a dependency is to blame. */
  stack?: string | undefined
}

const ofLibrary: Partial<Record<PostRateErrorCode, { exitCode: number; nextStep?: string }>> = {
  INVALID_INPUT: { exitCode: exitCodes.usage },
  UNAVAILABLE: {
    exitCode: exitCodes.unreachable,
    nextStep: 'Run `post-rate doctor` to see what each dependency says.',
  },
  NOT_PERMITTED: { exitCode: exitCodes.configuration },
  SCHEMA_TOO_OLD: { exitCode: exitCodes.schema, nextStep: 'Run `post-rate migrate`.' },
  SCHEMA_TOO_NEW: {
    exitCode: exitCodes.schema,
    nextStep: 'Use the version of post-rate that made this schema, or a newer one.',
  },
  POST_NOT_FOUND: { exitCode: exitCodes.failed, nextStep: 'Run `post-rate posts list` to see which there are.' },
  REJECTED: {
    exitCode: exitCodes.failed,
    nextStep: 'It is a rule of your own: look at the constraints and triggers of the table with `\\d` in psql.',
  },
  OVERLOADED: { exitCode: exitCodes.failed, nextStep: 'Try again in a moment.' },
}

export async function endingOf(error: unknown): Promise<Ending> {
  if (error instanceof CommanderError)
    return { exitCode: error.exitCode === 0 ? exitCodes.done : exitCodes.usage, message: null }
  if (isBrokenPipe(error)) return { exitCode: exitCodes.done, message: null }
  if (error instanceof Interrupted)
    return error.signalName === 'SIGPIPE'
      ? { exitCode: exitCodes.done, message: null }
      : { exitCode: exitCodes.interrupted, message: 'Interrupted.' }
  if (error instanceof UsageError) return { exitCode: exitCodes.usage, message: error.message }
  if (error instanceof ConfigurationError) return { exitCode: exitCodes.configuration, message: error.message }
  if (error instanceof UnreachableError) return { exitCode: exitCodes.unreachable, message: error.message }
  if (error instanceof CommandError) return { exitCode: exitCodes.failed, message: error.message }
  // Only now: the library brings its drivers with it, and `--help` is to be fast.
  const { isPostRateError } = await import('post-rate')
  if (isPostRateError(error)) {
    // Where a server is does not come from the command's own arguments.
    if (error.problems.some(({ field }) => field === 'database' || field === 'redis'))
      return { exitCode: exitCodes.configuration, message: error.message }
    const { exitCode = exitCodes.failed, nextStep } = ofLibrary[error.code] ?? {}
    // A message with a command in it has its own next step.
    const told = nextStep === undefined || error.message.includes('`')
    return { exitCode, message: told ? error.message : `${error.message} ${nextStep}` }
  }
  if (error instanceof Error)
    return { exitCode: exitCodes.failed, message: error.message || error.name, stack: error.stack }
  return { exitCode: exitCodes.failed, message: String(error) }
}

export function isBrokenPipe(error: unknown): boolean {
  return error instanceof Error && 'code' in error && error.code === 'EPIPE'
}
