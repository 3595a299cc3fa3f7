import type { PostRate } from 'post-rate'
import { Context } from '../context.ts'
import { DashboardLog } from '../ui/dashboard-log.ts'
import { HeldOutput } from '../ui/held-output.ts'

/** What the dashboard needs. */
export interface TuiContext {
  postRate: Pick<PostRate, 'status' | 'now' | 'posts' | 'ratings' | 'stats' | 'guard' | 'incidents' | 'audit'>
  stdin: NodeJS.ReadStream
  stdout: NodeJS.WriteStream
  /** `TERM` of the terminal. */
  term: string | undefined
  /** Ends the dashboard. */
  signal: AbortSignal
  /** As a person knows it; no secret in it. */
  databaseName: string
  color: boolean
  log: DashboardLog
}

const postsInSnapshot = 10

/** `post-rate tui`: opens the deployment and shows its dashboard. Log lines are held back until it is quit. */
export async function tui(context: Context): Promise<number | undefined> {
  const { io, flags, signal } = context
  const log = new DashboardLog()
  const stderr = new HeldOutput(io.stderr, (text) => log.addLogged(text.trimEnd()))
  const inner = new Context({ ...io, stderr }, flags)
  context.onClose(() => inner.close())
  const postRate = await inner.open()
  const { database } = await inner.configuration()
  stderr.hold()
  try {
    await showDashboard({
      postRate,
      stdin: io.stdin as NodeJS.ReadStream,
      stdout: io.stdout as NodeJS.WriteStream,
      term: io.env.TERM,
      signal,
      databaseName: database === undefined ? 'embedded database' : nameOf(database),
      color: flags.color !== false && !io.env.NO_COLOR,
      log,
    })
  } finally {
    stderr.release()
  }
  signal.throwIfAborted()
  return undefined
}

/**
 * The dashboard, until it is quit. Without a terminal it prints what it would show once, as plain text, and loads
 * nothing of Ink.
 */
export async function showDashboard(context: TuiContext): Promise<void> {
  if (!canDraw(context)) return printSnapshot(context)
  // React's development build measures every render and keeps the measurements.
  process.env.NODE_ENV ??= 'production'
  const { mount } = await import('../ui/mount.tsx')
  await mount(context)
}

function canDraw({ stdin, stdout, term }: TuiContext): boolean {
  return stdout.isTTY === true && stdin.isTTY === true && typeof stdin.setRawMode === 'function' && term !== 'dumb'
}

async function printSnapshot({ postRate, stdout, databaseName }: TuiContext): Promise<void> {
  const { snapshotText } = await import('../ui/snapshot.ts')
  const [status, { items: posts }] = await Promise.all([
    postRate.status(),
    postRate.posts.list({ limit: postsInSnapshot, sort: 'top' }),
  ])
  const inspections = posts.length === 0 ? [] : await postRate.stats.get(posts.map(({ id }) => id))
  stdout.write(snapshotText({ databaseName, status, posts, inspections }))
}

/** `shop on db.example:5432`. */
function nameOf(url: string): string {
  try {
    const { pathname, host } = new URL(url)
    return `${decodeURIComponent(pathname.slice(1)) || 'default database'} on ${host || 'a socket'}`
  } catch {
    return 'database'
  }
}
