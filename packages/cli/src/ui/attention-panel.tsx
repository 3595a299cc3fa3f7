/** @jsxRuntime automatic */
import type { Attention } from './attention.ts'
import { fitted } from './fitted.ts'
import { Panel } from './panel.tsx'
import { printable } from './printable.ts'
import { Say } from './tone.tsx'
import { wrapped } from './wrapped.ts'

export interface AttentionPanelProps {
  all: readonly Attention[]
  width: number
  height: number
}

/** What an administrator should look at, worst first: in whole sentences, or one line each where that is too much. */
export function AttentionPanel({ all, width, height }: AttentionPanelProps) {
  const rows = height - 2
  const whole = attentionRows(all, width) <= rows
  const shown = all.slice(0, !whole && all.length > rows ? rows - 1 : rows)
  const worst = all[0]?.tone ?? 'quiet'
  return (
    <Panel title="Attention" tone={worst} width={width} height={height}>
      {all.length === 0 && <Say tone="good">✓ Nothing needs attention.</Say>}
      {shown.flatMap((item) =>
        (whole ? linesOf(item, width) : [item.text]).map((line, index) => (
          <Say key={`${item.text}${line}`} tone={item.tone}>
            {fitted(`${index > 0 ? ' ' : item.tone === 'bad' ? '✗' : '!'} ${line}`, width - 4)}
          </Say>
        )),
      )}
      {shown.length < all.length && <Say tone="quiet">{`and ${all.length - shown.length} more`}</Say>}
    </Panel>
  )
}

/** Rows that all of it takes in whole sentences. */
export function attentionRows(all: readonly Attention[], width: number): number {
  return all.flatMap((item) => linesOf(item, width)).length
}

function linesOf({ text }: Attention, width: number): string[] {
  return wrapped(printable(text), width - 6)
}
