import type { Request } from 'express'
import { isUserId } from 'post-rate'
import type { Authorize, AuthorizeQuestion, GetUser } from './options.ts'
import { Refusal } from './problem.ts'

/** Carries what a host's own function threw past the problem answers, to the host's error handler. */
export class HookFailure extends Error {
  constructor(cause: unknown) {
    super('A function of the host failed', { cause })
    this.name = 'HookFailure'
  }
}

/**
 * The user who is asking, null for nobody. The number 42 is the user `42`: many hosts count their users.
 * @throws HookFailure when the host gives no valid id
 */
export async function currentUser(getUser: GetUser, req: Request): Promise<string | null> {
  const user: unknown = await ask(() => getUser(req))
  if (user === null || user === undefined) return null
  if (isUserId(user)) return user
  if (typeof user === 'bigint' || Number.isSafeInteger(user)) return String(user)
  throw new HookFailure(
    new TypeError(
      `getUser gave ${described(user)}: give a string of 1-255 characters without control characters, a whole number below 2^53, null or undefined`,
    ),
  )
}

/** The kind of a value; of a text only its length, because an id is nobody else's business. */
function described(value: unknown): string {
  if (typeof value === 'string') return `a string of ${value.length} UTF-16 units`
  if (typeof value === 'number') return `the number ${value}`
  if (Array.isArray(value)) return 'an array'
  return `a value of type ${typeof value}`
}

/** @throws Refusal FORBIDDEN; HookFailure when the host gives no boolean */
export async function checkAllowed(authorize: Authorize, question: AuthorizeQuestion, req: Request): Promise<void> {
  const allowed: unknown = await ask(() => authorize(question, req))
  if (typeof allowed !== 'boolean') throw new HookFailure(new TypeError('authorize must give true or false'))
  if (!allowed) throw new Refusal('FORBIDDEN')
}

async function ask(question: () => unknown): Promise<unknown> {
  try {
    return await question()
  } catch (error) {
    throw new HookFailure(error)
  }
}
