import type { Context } from '../context.ts'
import { exitCodes } from '../exit-code.ts'
import { printable } from '../ui/printable.ts'

/** Withdraws everything that a user rated, post by post in short steps. */
export async function eraseUser(context: Context, userId: string): Promise<number> {
  const { talk, signal } = context
  const postRate = await context.open()
  const progress = talk.progress('Searched posts')
  const erased = await postRate.users
    .erase(userId, {
      signal,
      onProgress: ({ posts, erased: soFar }) => progress.update(posts, null, `${soFar} ratings withdrawn`),
    })
    .catch((error: unknown) => {
      progress.clear()
      if (signal.aborted) talk.note('What is withdrawn stays withdrawn; run it again for the rest.')
      throw error
    })
    .finally(() => progress.clear())
  if (talk.json) await talk.document({ userId, erased })
  else await talk.line(`Withdrew ${erased} ratings of ${printable(userId)}`)
  return exitCodes.done
}
