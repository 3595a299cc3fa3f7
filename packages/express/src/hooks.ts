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

/** Who is asking. `established` is the standing that the host tells, null for unknown. */
export interface Asker {
  userId: string | null
  established: boolean | null
}

/**
 * The user who is asking; `userId` is null for nobody.
 * @throws HookFailure when the host gives no valid id or standing
 */
export async function currentUser(getUser: GetUser, req: Request): Promise<Asker> {
  const user: unknown = await ask(() => getUser(req))
  if (typeof user !== 'object' || user === null || Array.isArray(user))
    return { userId: userIdOf(user), established: null }
  if (!('id' in user)) throw new HookFailure(new TypeError('getUser gave an object without `id`'))
  const { id, established: given } = user as { id: unknown; established?: unknown }
  const established = given ?? null
  if (established !== null && typeof established !== 'boolean')
    throw new HookFailure(
      new TypeError(`getUser gave ${described(established)} as \`established\`: give true, false, null or undefined`),
    )
  return { userId: userIdOf(id), established }
}

/** The number 42 is the user `42`: many hosts count their users. */
function userIdOf(user: unknown): string | null {
  if (user === null || user === undefined) return null
  if (isUserId(user)) return user
  if (typeof user === 'bigint' || Number.isSafeInteger(user)) return String(user)
  throw new HookFailure(
    new TypeError(
      `getUser gave ${described(user)}: give a string of 1-255 characters without control characters, a whole number below 2^53, null, undefined, or an object with such an \`id\`, and \`established\` where it is known`,
    ),
  )
}

/** The kind of a value; of a text only its length, because an id is nobody else's business. */
export function described(value: unknown): string {
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

/** @throws HookFailure with what a function of the host threw */
export async function ask(question: () => unknown): Promise<unknown> {
  try {
    return await question()
  } catch (error) {
    throw new HookFailure(error)
  }
}
