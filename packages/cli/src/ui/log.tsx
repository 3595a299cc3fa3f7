/** @jsxRuntime automatic */
import type { LogLevel, LogLine } from './dashboard-log.ts'
import { fitted } from './fitted.ts'
import { timeOfDay } from './numbers.ts'
import { Panel } from './panel.tsx'
import { Say, type Tone } from './tone.tsx'

export interface LogProps {
  lines: readonly LogLine[]
  /** Lines that are left out at the end, where somebody reads further up. */
  up: number
  width: number
  height: number
}

const tones: Record<LogLevel, Tone> = { info: 'plain', warn: 'warn', error: 'bad' }
const signs: Record<LogLevel, string> = { info: ' ', warn: '!', error: '✗' }

/** What happened since the dashboard was opened, the newest line last. */
export function Log({ lines, up, width, height }: LogProps) {
  const rows = height - 2
  const end = Math.max(Math.min(rows, lines.length), lines.length - up)
  const note = end < lines.length ? `${lines.length - end} newer` : ''
  return (
    <Panel title="Log" note={note} width={width} height={height}>
      {lines.length === 0 && <Say tone="quiet">Nothing has happened yet.</Say>}
      <LogLines lines={lines.slice(Math.max(0, end - rows), end)} width={width - 4} />
    </Panel>
  )
}

/** A line each, cut to the width. */
export function LogLines({ lines, width }: { lines: readonly LogLine[]; width: number }) {
  return lines.map(({ at, level, text }, index) => (
    // biome-ignore lint/suspicious/noArrayIndexKey: lines are only added and cut
    <Say key={index} tone={tones[level]}>
      {fitted(`${timeOfDay(new Date(at).toISOString())} ${signs[level]} ${text}`, width)}
    </Say>
  ))
}
