/** @jsxRuntime automatic */
import { Say, type Tone } from './tone.tsx'

const eighths = ['', '▏', '▎', '▍', '▌', '▋', '▊', '▉']
const levels = '▁▂▃▄▅▆▇█'

/** A bar of `value` of `max` in `width` cells, in steps of an eighth. What is above 0 shows at least a sliver. */
export function barText(value: number, max: number, width: number): string {
  if (value <= 0 || max <= 0) return ''
  const steps = Math.max(1, Math.round(Math.min(1, value / max) * width * 8))
  return '█'.repeat(Math.floor(steps / 8)) + eighths[steps % 8]
}

/** The last values as a line of small columns, newest at the right. */
export function sparkline(values: readonly (number | null)[], width: number): string {
  const shown = values.slice(-width)
  const top = Math.max(1e-9, ...shown.map((value) => value ?? 0))
  return shown.map((value) => (value === null ? ' ' : levels[Math.round((value / top) * 7)])).join('')
}

export interface BarProps {
  value: number
  max: number
  width: number
  tone?: Tone
  /** Fills what is left, for a progress bar. */
  track?: boolean
}

/** A horizontal bar exactly `width` cells wide. */
export function Bar({ value, max, width, tone = 'accent', track = false }: BarProps) {
  const bar = barText(value, max, width)
  return (
    <>
      <Say tone={tone}>{track ? bar : bar.padEnd(width)}</Say>
      {track && <Say tone="quiet">{'░'.repeat(Math.max(0, width - bar.length))}</Say>}
    </>
  )
}
