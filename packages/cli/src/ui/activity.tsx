/** @jsxRuntime automatic */
import type { Status, VerifyReport } from 'post-rate'
import { sparkline } from './bar.tsx'
import { Fact } from './fact.tsx'
import { count, counted, rate, span } from './numbers.ts'
import { Panel } from './panel.tsx'
import { Say, type Tone } from './tone.tsx'
import type { TaskState } from './use-task.ts'

export interface ActivityProps {
  status: Status
  /** Ratings a second of the last minutes, oldest first. */
  past: readonly (number | null)[]
  verify: TaskState<VerifyReport>
  width: number
  height: number
}

/** How much is going on, how far the figures are behind it, and whether the last verify found them right. */
export function Activity({ status, past, verify, width, height }: ActivityProps) {
  const { outbox, freshnessSeconds, ratingsPerSecond } = status
  const chart = Math.max(0, width - 4 - 11 - 10)
  const waiting = outbox === null ? 'unknown' : `${counted(outbox.rows, 'row')}, oldest ${span(outbox.oldestSeconds)}`
  return (
    <Panel title="Activity" width={width} height={height}>
      <Fact name="Ratings" value={(ratingsPerSecond === null ? 'unknown' : rate(ratingsPerSecond)).padEnd(10)}>
        <Say tone="accent">{sparkline(past, chart)}</Say>
      </Fact>
      <Fact
        name="Outbox"
        value={outbox?.rows === 0 ? 'empty' : waiting}
        tone={outbox === null ? 'quiet' : late(outbox.oldestSeconds)}
      />
      <Fact
        name="Freshness"
        value={freshnessSeconds === null ? 'unknown' : `${span(freshnessSeconds)} behind`}
        tone={freshnessSeconds === null ? 'quiet' : late(freshnessSeconds)}
      />
      <Drift verify={verify} />
    </Panel>
  )
}

function Drift({ verify }: { verify: TaskState<VerifyReport> }) {
  if (verify.state === 'running') {
    const { progress } = verify
    // Of large deployments both figures do not fit.
    const part =
      progress === null ? '' : ` ${Math.floor((100 * progress.done) / Math.max(progress.done, progress.total, 1))} %`
    return <Fact name="Drift" value={`verifying${part}…`} tone="accent" />
  }
  if (verify.state === 'failed') return <Fact name="Drift" value="failed, v tries again" tone="warn" />
  if (verify.state !== 'done') return <Fact name="Drift" value="not verified, press v" tone="quiet" />
  const { drift, checked } = verify.report
  return drift.length === 0 ? (
    <Fact name="Drift" value={`none in ${counted(checked, 'post')}`} tone="good" />
  ) : (
    <Fact name="Drift" value={`${count(drift.length)} in ${counted(checked, 'post')}`} tone="bad" />
  )
}

function late(seconds: number): Tone {
  if (seconds > 60) return 'bad'
  return seconds > 10 ? 'warn' : 'plain'
}
