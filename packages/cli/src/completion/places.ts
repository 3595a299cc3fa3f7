import type { Argument, Command, Option } from 'commander'
import { commandsOf } from '../command-tree.ts'

/** A word that may come, and what it means. */
export interface Word {
  text: string
  description: string
}

/** What a value may be: one of these, the name of a file, or any text. */
export type Values = readonly string[] | 'file' | 'text'

/** A command on the command line, and what may stand behind it. */
export interface Place {
  /** `posts list`; empty for the program itself. */
  path: string
  /** Its subcommands and options, those of the program among them. */
  words: Word[]
  /** Of the options that take a value, by every name of each. */
  values: { flags: string[]; values: Values }[]
  /** In their order; the last one goes on where it may be repeated. */
  operands: Values[]
  variadic: boolean
}

/** Everything that shells complete, as the commands declare it. */
export function placesOf(program: Command): Place[] {
  const help = program.createHelp()
  const everywhere = help.visibleOptions(program).filter(({ long }) => long !== '--version')
  return commandsOf(program).map(({ path, command }) => {
    const own = path === '' ? help.visibleOptions(program) : help.visibleOptions(command)
    const options = [...own, ...(path === '' ? [] : everywhere.filter(({ long }) => long !== '--help'))]
    const { registeredArguments } = command
    return {
      path,
      words: [
        ...help.visibleCommands(command).map((child) => ({ text: child.name(), description: child.description() })),
        ...options.map((option) => ({ text: flagsOf(option).at(-1) as string, description: option.description })),
      ],
      values: options
        .filter(({ required, optional }) => required || optional)
        .map((option) => ({ flags: flagsOf(option), values: valuesOf(option, option.flags) })),
      operands: registeredArguments.map((argument) => valuesOf(argument, argument.name())),
      variadic: registeredArguments.at(-1)?.variadic ?? false,
    }
  })
}

function flagsOf({ short, long }: Option): string[] {
  return [short, long].filter((flag) => flag !== undefined)
}

function valuesOf({ argChoices }: Pick<Option | Argument, 'argChoices'>, name: string): Values {
  return argChoices ?? (/\bfile\b/.test(name) ? 'file' : 'text')
}

/** What may come as operand `n` of a command. */
export function operandAt({ operands, variadic }: Place, n: number): Values {
  return operands[n] ?? (variadic ? operands.at(-1) : undefined) ?? 'text'
}

/** Every option with a value: the word behind it is no command. */
export function flagsWithValue(places: readonly Place[]): string[] {
  return [...new Set(places.flatMap(({ values }) => values.flatMap(({ flags }) => flags)))]
}
