import { userInfo } from 'node:os'
import type { PostRate } from 'post-rate'
import type { Context } from './context.ts'

/** Carries out a decision and leaves an entry in the audit log: by the account that runs this, or by `--by`. */
export function decide<T>(
  { flags }: Pick<Context, 'flags'>,
  postRate: Pick<PostRate, 'audit'>,
  { action, subject = null }: { action: string; subject?: string | null },
  work: () => Promise<T>,
  outcomeOf: (result: T) => Record<string, unknown>,
): Promise<T> {
  const { by, reason } = flags as { by?: string; reason?: string }
  return postRate.audit.during({ by: by ?? account(), action, subject, reason: reason ?? null }, work, outcomeOf)
}

/** Who decides and why, for what leaves its entry by itself: the account that runs this, or `--by`. */
export function deciderOf({ flags }: Pick<Context, 'flags'>): { by: string; reason?: string } {
  const { by = account(), reason } = flags as { by?: string; reason?: string }
  return { by, ...(reason === undefined ? {} : { reason }) }
}

/** Name of the account that runs this process, or its number where it has no name. */
export function account(): string {
  try {
    return userInfo().username
  } catch {
    return `uid ${process.getuid?.() ?? 'unknown'}`
  }
}
