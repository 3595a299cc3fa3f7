/** @jsxRuntime automatic */
import type { Attention } from './attention.ts'
import { fitted } from './fitted.ts'
import { Panel } from './panel.tsx'
import { Say } from './tone.tsx'

/** What an administrator should look at, worst first, in as many rows as there are. */
export function AttentionPanel({ all, width, height }: { all: readonly Attention[]; width: number; height: number }) {
  const rows = height - 2
  const shown = all.slice(0, all.length > rows ? rows - 1 : rows)
  const worst = all[0]?.tone ?? 'quiet'
  return (
    <Panel title="Attention" tone={worst} width={width} height={height}>
      {all.length === 0 && <Say tone="good">✓ Nothing needs attention.</Say>}
      {shown.map(({ tone, text }) => (
        <Say key={text} tone={tone}>
          {fitted(`${tone === 'bad' ? '✗' : '!'} ${text}`, width - 4)}
        </Say>
      ))}
      {shown.length < all.length && <Say tone="quiet">{`and ${all.length - shown.length} more`}</Say>}
    </Panel>
  )
}
