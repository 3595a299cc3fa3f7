import type { Context } from '../context.ts'
import { exitCodes } from '../exit-code.ts'
import { printable } from '../ui/printable.ts'

/** Withdraws everything that a user rated. */
export async function eraseUser(context: Context, userId: string): Promise<number> {
  const postRate = await context.open()
  const erased = await postRate.users.erase(userId)
  if (context.talk.json) await context.talk.document({ userId, erased })
  else await context.talk.line(`Withdrew ${erased} ratings of ${printable(userId)}`)
  return exitCodes.done
}
