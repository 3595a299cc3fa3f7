/** @jsxRuntime automatic */
// Also in the other views: run from source, tsx reads the workspace's tsconfig.json, which knows nothing of JSX.
import { render } from 'ink'
import { App, type DashboardSource } from './app.tsx'
import type { DashboardLog } from './dashboard-log.ts'
import { Screen } from './screen.ts'

export interface MountOptions {
  postRate: DashboardSource
  stdin: NodeJS.ReadStream
  stdout: NodeJS.WriteStream
  /** Ends the dashboard, as `q` does. */
  signal: AbortSignal
  databaseName: string
  color: boolean
  log: DashboardLog
}

/** Shows the dashboard until it is quit; the terminal is as before when this settles, also after an error. */
export async function mount({
  postRate,
  stdin,
  stdout,
  signal,
  databaseName,
  color,
  log,
}: MountOptions): Promise<void> {
  if (signal.aborted) return
  const screen = new Screen(stdout)
  const leave = () => screen.leave()
  process.once('exit', leave)
  screen.enter()
  try {
    const onRedraw = () => screen.redraw()
    const app = <App {...{ postRate, databaseName, color, log, onRedraw }} />
    // `debug` makes Ink write whole frames; the screen finds out what changed.
    const instance = render(app, {
      stdout: screen as unknown as NodeJS.WriteStream,
      stdin,
      debug: true,
      exitOnCtrlC: false,
      patchConsole: false,
    })
    const unmount = () => instance.unmount()
    signal.addEventListener('abort', unmount, { once: true })
    await instance.waitUntilExit()
    signal.removeEventListener('abort', unmount)
  } finally {
    leave()
    process.off('exit', leave)
  }
}
