import type { Command } from 'commander'
import { bashScript } from '../completion/bash.ts'
import { fishScript } from '../completion/fish.ts'
import { placesOf } from '../completion/places.ts'
import { zshScript } from '../completion/zsh.ts'
import type { Context } from '../context.ts'
import { exitCodes } from '../exit-code.ts'

export const shells = { bash: bashScript, zsh: zshScript, fish: fishScript }

/** The script that makes a shell complete the commands and options of the program. */
export async function completion(context: Context, program: Command, shell: keyof typeof shells): Promise<number> {
  await context.talk.raw(shells[shell](placesOf(program)))
  return exitCodes.done
}
