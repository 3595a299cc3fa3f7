import { showDashboard } from '../../../packages/cli/src/commands/tui.ts'
import { DashboardLog } from '../../../packages/cli/src/ui/dashboard-log.ts'
import { fakePostRate, hostileTitle } from './fake-post-rate.ts'

/** The dashboard on the fake, for a real terminal: `node --import=tsx --conditions=post-rate-source test/cli/tui/run-fake.ts`. */
const stop = new AbortController()
process.on('SIGTERM', () => stop.abort())
await showDashboard({
  postRate: fakePostRate({ posts: 40, titles: { 39: hostileTitle, 38: 'x'.repeat(1_000_000) }, rebuildStepMs: 4 }),
  stdin: process.stdin,
  stdout: process.stdout,
  term: process.env.TERM,
  signal: stop.signal,
  databaseName: 'shop on db.example:5432',
  color: !process.env.NO_COLOR,
  log: new DashboardLog(),
})
console.log('the dashboard has ended')
