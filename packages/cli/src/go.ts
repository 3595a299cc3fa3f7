import type { Context } from './context.ts'

/** What a command's file exports: does the work and resolves to an exit code, or to nothing for 0. */
export type CommandWork<Operands extends unknown[]> = (
  context: Context,
  ...operands: Operands
) => Promise<number | undefined>

/** Makes a commander action of a command's work. */
export type Go = <Operands extends unknown[]>(work: CommandWork<Operands>) => (...args: unknown[]) => Promise<void>
