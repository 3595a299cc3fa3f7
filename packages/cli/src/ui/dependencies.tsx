/** @jsxRuntime automatic */
import type { DependencyStatus, Status } from 'post-rate'
import { dependenciesOf } from './attention.ts'
import { Fact } from './fact.tsx'
import { fitted } from './fitted.ts'
import { span } from './numbers.ts'
import { Panel } from './panel.tsx'
import type { Tone } from './tone.tsx'

/** Each server with its version, and how far this machine's clock is from the database's. */
export function Dependencies({ status, width, height }: { status: Status; width: number; height: number }) {
  const { clockOffsetMs } = status
  return (
    <Panel title="Dependencies" width={width} height={height}>
      {dependenciesOf(status).map(([name, dependency]) => (
        <Fact key={name} name={name} {...dependencyState(dependency)} />
      ))}
      <Fact name="Clock" {...clockState(clockOffsetMs)} />
    </Panel>
  )
}

function dependencyState({ configured, reachable, version }: DependencyStatus): { value: string; tone: Tone } {
  if (!configured) return { value: '○ not configured', tone: 'quiet' }
  if (!reachable) return { value: '✗ cannot be reached', tone: 'bad' }
  return { value: `● ${version === null ? 'reachable' : fitted(version, 40)}`, tone: 'good' }
}

function clockState(offsetMs: number | null): { value: string; tone: Tone } {
  if (offsetMs === null) return { value: '○ unknown', tone: 'quiet' }
  const off = Math.abs(offsetMs)
  if (off < 100) return { value: '● as the database', tone: 'good' }
  return { value: `${off > 2000 ? '✗' : '●'} ${span(off / 1000)} off`, tone: off > 2000 ? 'warn' : 'good' }
}
