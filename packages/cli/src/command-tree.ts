import type { Command } from 'commander'

export interface NamedCommand {
  /** The words behind the program's name: `posts list`; empty for the program itself. */
  path: string
  command: Command
}

/** The program and all its commands, parents before their children. */
export function commandsOf(program: Command): NamedCommand[] {
  const below = ({ path, command }: NamedCommand): NamedCommand[] =>
    command.commands
      .map((child) => ({ path: `${path} ${child.name()}`.trimStart(), command: child }))
      .flatMap((child) => [child, ...below(child)])
  const top = { path: '', command: program }
  return [top, ...below(top)]
}
