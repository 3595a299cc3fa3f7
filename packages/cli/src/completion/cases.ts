import type { Place, Values } from './places.ts'
import { quoted } from './quoted.ts'

/** How a shell writes a branch of its `case`, and how it offers values. */
export interface Shell {
  line(patterns: readonly string[], work: string): string
  offer(values: Values): string
}

/** Branches of `case "$at $previous"`: what may follow an option. */
export function valueCases(places: readonly Place[], { line, offer }: Shell): string {
  const branches = places.flatMap(({ path, values: options }) =>
    options.map(({ flags, values }) =>
      line(
        flags.map((flag) => quoted(`${path} ${flag}`)),
        offer(values),
      ),
    ),
  )
  return branches.join('\n')
}

/** Branches of `case "$at $operands"`: what may be the next operand. */
export function operandCases(places: readonly Place[], { line, offer }: Shell): string {
  const branches = places.flatMap(({ path, operands, variadic }) =>
    operands.map((values, n) => {
      const number = variadic && n === operands.length - 1 ? '*' : n
      return line([`${quoted(`${path} `)}${number}`], offer(values))
    }),
  )
  return branches.join('\n')
}
