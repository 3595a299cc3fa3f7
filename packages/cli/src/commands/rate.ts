import type { Context } from '../context.ts'
import { exitCodes } from '../exit-code.ts'
import { readPostId } from '../post-ids.ts'
import { printable } from '../ui/printable.ts'

export async function rate(context: Context, post: string, userId: string, score: number): Promise<number> {
  const postId = readPostId(post)
  const postRate = await context.open()
  const { established, new: isNew } = context.flags as { established?: boolean; new?: boolean }
  const standing = established ? { established: true } : isNew ? { established: false } : {}
  const receipt = await postRate.ratings.rate({ postId, userId, score, ...standing })
  if (context.talk.json) await context.talk.document(receipt)
  else {
    const before = receipt.previousScore === null ? 'first rating' : `before: ${receipt.previousScore}`
    const what = receipt.changed ? before : 'as before'
    await context.talk.line(`${printable(receipt.userId)} gives post ${receipt.postId} a ${receipt.score} (${what})`)
  }
  return exitCodes.done
}
