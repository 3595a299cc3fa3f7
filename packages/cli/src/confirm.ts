import { createInterface } from 'node:readline'
import type { Context } from './context.ts'
import { CommandError } from './errors.ts'

/**
 * Where a person is at the terminal: tells what is about to happen, and asks. Scripts and `--yes` are not asked.
 * @throws CommandError where the answer is no
 */
export async function confirm(context: Context, plan: () => Promise<string> | string): Promise<void> {
  const { io, talk, flags, signal } = context
  if (flags.yes === true || io.stdin.isTTY !== true || io.stderr.isTTY !== true) return
  talk.note(await plan())
  io.stderr.write('Go on? [y/N] ')
  const answer = await readLine(io.stdin, signal)
  if (!/^y(es)?$/i.test(answer.trim())) throw new CommandError('Nothing was changed.')
}

/** Empty where the input ends instead. The terminal stays as it is, so that Ctrl-C is a signal as everywhere. */
function readLine(input: Context['io']['stdin'], signal: AbortSignal): Promise<string> {
  const lines = createInterface({ input, terminal: false })
  return new Promise<string>((resolve, reject) => {
    lines.once('line', resolve)
    lines.once('close', () => resolve(''))
    signal.addEventListener('abort', () => reject(signal.reason), { once: true })
  }).finally(() => lines.close())
}
