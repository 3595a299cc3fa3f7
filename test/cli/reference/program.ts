import { PassThrough } from 'node:stream'
import type { Command } from 'commander'
import { createProgram } from '../../../packages/cli/src/program.ts'

/** The command line as it is declared, to be looked at and not to be run. */
export function declaredProgram(): Command {
  const stream = () => new PassThrough()
  return createProgram({ stdin: stream(), stdout: stream(), stderr: stream(), env: {}, cwd: '/' }, () => {})
}
