import { fitted, widthOf } from './ui/fitted.ts'

export interface Column {
  title: string
  align?: 'right'
  /** Gives way first when the terminal is too narrow. */
  flexible?: boolean
}

const gap = '  '
const narrowest = 8
const widest = 60

/** Aligned lines. Cells may be untrusted text: they are made printable and cut by their width on a terminal. */
export function table(columns: readonly Column[], rows: readonly (readonly string[])[], available: number): string[] {
  const widths = columns.map(({ title }, column) =>
    Math.max(widthOf(title), ...rows.map((row) => widthOf(fitted(row[column] ?? '', widest)))),
  )
  const spare = available - widths.reduce((sum, width) => sum + width, 0) - gap.length * (columns.length - 1)
  const flexible = columns.findIndex((column) => column.flexible)
  if (spare < 0 && flexible >= 0) widths[flexible] = Math.max(narrowest, (widths[flexible] as number) + spare)
  return [columns.map(({ title }) => title), ...rows].map((row) =>
    columns
      .map(({ align }, column) => {
        const width = widths[column] as number
        const text = fitted(row[column] ?? '', width)
        const padding = ' '.repeat(Math.max(0, width - widthOf(text)))
        return align === 'right' ? padding + text : text + padding
      })
      .join(gap)
      .trimEnd(),
  )
}
