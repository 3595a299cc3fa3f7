import type { Imports } from './read-imports.ts'

/**
 * The figure as Mermaid: an arrow from a part to what it imports, left out where another way leads there. Parts that
 * import each other have a double arrow.
 */
export function drawImports(imports: Imports): string {
  const parts = [...imports.keys()].sort()
  const lines = parts.map((part) => `  ${idOf(part)}["${labelOf(part, imports)}"]`)
  for (const from of parts)
    for (const to of parts) {
      if (!imports.get(from)?.has(to)) continue
      const mutual = imports.get(to)?.has(from) ?? false
      if (mutual && to < from) continue
      if (!mutual && leadsThroughOthers(imports, from, to)) continue
      lines.push(`  ${idOf(from)} ${mutual ? '<-->' : '-->'} ${idOf(to)}`)
    }
  return ['```mermaid', 'flowchart TD', ...lines, '```'].join('\n')
}

/** Whether a part that `from` imports leads to `to`, and neither of the two leads back to it. */
function leadsThroughOthers(imports: Imports, from: string, to: string): boolean {
  return [...reachable(imports, from)].some((other) => {
    const onward = reachable(imports, other)
    return other !== to && onward.has(to) && !onward.has(from) && !reachable(imports, to).has(other)
  })
}

function reachable(imports: Imports, from: string): Set<string> {
  const found = new Set<string>()
  const ahead = [...(imports.get(from) ?? [])]
  for (let part = ahead.pop(); part !== undefined; part = ahead.pop()) {
    if (found.has(part)) continue
    found.add(part)
    ahead.push(...(imports.get(part) ?? []))
  }
  return found
}

/** The part, and what it keeps of the world outside. */
function labelOf(part: string, imports: Imports): string {
  const modules = [...(imports.get(part) ?? [])].filter((name) => name.startsWith('npm:')).sort()
  return [part, modules.map((name) => name.slice('npm:'.length)).join(', ')].filter(Boolean).join('<br>')
}

function idOf(part: string): string {
  return part.replace(/\.ts$/, '').replaceAll(/[^a-z]/g, '_')
}
