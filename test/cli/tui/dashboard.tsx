/** @jsxRuntime automatic */
import { setImmediate as nextTurn, setTimeout as sleep } from 'node:timers/promises'
import type { ExecutionContext } from 'ava'
import { render } from 'ink-testing-library'
import { App } from '../../../packages/cli/src/ui/app.tsx'
import { DashboardLog } from '../../../packages/cli/src/ui/dashboard-log.ts'
import { eventually } from '../../helpers/eventually.ts'
import { type FakeOptions, fakePostRate } from './fake-post-rate.ts'

/** The dashboard on the fake, in 100x24 cells. */
export function dashboard(t: ExecutionContext, options: FakeOptions = {}) {
  const postRate = fakePostRate(options)
  const log = new DashboardLog()
  const app = render(<App postRate={postRate} databaseName="shop" color={false} log={log} />)
  t.teardown(app.unmount)
  const frame = () => app.lastFrame() ?? ''
  let seen = 0
  return {
    postRate,
    log,
    frame,
    /** Resolves when one frame since the last key press shows all of these. */
    async shows(...texts: (string | RegExp)[]) {
      const has = (each: string) => (text: string | RegExp) =>
        typeof text === 'string' ? each.includes(text) : text.test(each)
      try {
        await eventually(() => app.frames.slice(seen).some((each) => texts.every(has(each))), { interval: 10 })
        t.pass()
      } catch {
        const missing = texts.filter((text) => !has(frame())(text))
        throw new Error(`Missing ${missing.join(' and ')} in\n${frame()}`)
      }
    },
    /** A key press, after the views have seen what came before. */
    async press(keys: string) {
      await sleep(30)
      // After a stall the timer comes before the renders that were due earlier: give them their turns.
      for (let turn = 0; turn < 20; turn++) await nextTurn()
      seen = app.frames.length
      app.stdin.write(keys)
    },
  }
}
