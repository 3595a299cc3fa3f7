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

/** The user who is asking, null for nobody. @throws HookFailure when the host gives no valid id */
export async function currentUser(getUser: GetUser, req: Request): Promise<string | null> {
  const user: unknown = await ask(() => getUser(req))
  if (user === null || user === undefined) return null
  if (isUserId(user)) return user
  throw new HookFailure(
    new TypeError('getUser must give a string of 1-255 characters without control characters, null or undefined'),
  )
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
