import type { ExecutionContext } from 'ava'
import { createPostRate, type DependencyStatus, isPostRateError, type PostRateOptions } from 'post-rate'
import { runCli } from '../cli/run-cli.ts'
import { cleanUp } from '../helpers/clean-up.ts'
import { RecordingLogger } from './recording-logger.ts'

/** The same connection asked for in both ways: by the library's options, and by the command line's environment. */
export interface Ways {
  dependency: 'postgres' | 'redis' | 'kafka'
  options: PostRateOptions
  env: Record<string, string>
  /** Texts that must not occur in anything that is said. */
  secrets: readonly string[]
}

/** Both ways lead to the server, encrypted or not as wanted. Resolves to what was logged on the library's. */
export async function works(t: ExecutionContext<unknown>, ways: Ways, encrypted = true): Promise<string> {
  const [{ status, log }, { code, line }] = await Promise.all([askLibrary(t, ways), askDoctor(t, ways)])
  t.like(status, { reachable: true, encrypted })
  // Nobody has migrated these databases.
  t.regex(status.detail, ways.dependency === 'postgres' ? /^(The schema \S+ is missing or too old.*)?$/ : /^$/)
  t.true(code === 0 || code === 6, `${code}: ${line}`)
  t.regex(line, encrypted ? /^ok .*, encrypted/ : /^ok .*, plaintext/)
  return log
}

/** Both ways are refused, for this reason and with a next step. */
export async function refused(t: ExecutionContext<unknown>, ways: Ways, reason: RegExp): Promise<void> {
  const [{ status }, { code, line }] = await Promise.all([askLibrary(t, ways), askDoctor(t, ways)])
  t.like(status, { reachable: false, encrypted: null })
  t.regex(status.detail, reason)
  t.regex(status.detail, /`|Renew|Connect to/, 'no next step')
  t.is(code, 4, line)
  t.regex(line, /^failed /)
  t.regex(line, reason)
}

async function askLibrary(
  t: ExecutionContext<unknown>,
  { dependency, options, secrets }: Ways,
): Promise<{ status: DependencyStatus; log: string }> {
  const logger = new RecordingLogger()
  const postRate = createPostRate({ ...options, logger })
  cleanUp(t, () => postRate.close())
  const status = (await postRate.status({ patient: true })).dependencies[dependency]
  // What a host logs of an error is all of it, with its causes.
  const errors = status.reachable
    ? []
    : await Promise.all([failure(() => postRate.start({ consumer: true, relay: true }))])
  await postRate.close()
  silentAbout(t, secrets, JSON.stringify(status), logger.text(), ...errors)
  return { status, log: logger.text() }
}

async function askDoctor(
  t: ExecutionContext<unknown>,
  { dependency, env, secrets }: Ways,
): Promise<{ code: number | null; line: string }> {
  const { code, stdout, stderr } = await runCli(['doctor'], { env })
  silentAbout(t, secrets, stdout, stderr)
  const line = stdout.split('\n').find((one) => one.includes(` ${dependency} `)) ?? stderr
  return { code, line }
}

async function failure(work: () => Promise<unknown>): Promise<string> {
  try {
    await work()
    return ''
  } catch (error) {
    return isPostRateError(error) ? deepText(error) : `not an error of the library's: ${deepText(error)}`
  }
}

/** Everything that can be read off a value, also what is not listed. */
export function deepText(value: unknown, seen = new Set<unknown>()): string {
  if (typeof value !== 'object' || value === null) return String(value)
  if (seen.has(value)) return ''
  seen.add(value)
  return Reflect.ownKeys(value)
    .map((key) => `${String(key)}: ${deepText(Reflect.get(value, key), seen)}`)
    .join('\n')
}

export function silentAbout(t: ExecutionContext<unknown>, secrets: readonly string[], ...texts: string[]): void {
  for (const secret of secrets)
    for (const text of texts) t.false(text.includes(secret), `a secret was told: …${around(text, secret)}…`)
}

function around(text: string, secret: string): string {
  const at = text.indexOf(secret)
  return text.slice(Math.max(0, at - 100), at)
}
