import { type InputProblem, PostRateError } from '../errors.ts'
import { checkUserId, lengthInCodePoints } from './ids.ts'
import type { ShownStats } from './shown-stats.ts'

export const longestTitle = 300
export const longestContent = 65_536

/** What a new post is made of. `createdBy` is a user id of the host. */
export interface PostDraft {
  title: string
  content: string
  createdBy: string
}

/** A post's text, as the post store keeps it. */
export interface PostText extends PostDraft {
  id: number
  /** Milliseconds since the epoch. */
  createdAt: number
}

/** A post as readers get it. */
export interface Post {
  id: number
  title: string
  content: string
  createdBy: string
  /** ISO 8601. */
  createdAt: string
  stats: ShownStats
  /** The reader's own score; null for none, 0 is a score. Never cached and never frozen. */
  myScore: number | null
}

/** @throws PostRateError INVALID_INPUT with one problem per bad field */
export function checkPostDraft(input: { title: unknown; content: unknown; createdBy: unknown }): PostDraft {
  const problems = [
    textProblem('title', input?.title, longestTitle),
    textProblem('content', input?.content, longestContent),
  ].filter((problem): problem is InputProblem => problem !== null)
  if (problems.length > 0) {
    const message = problems.map((problem) => `${problem.field}: ${problem.message}`).join('; ')
    throw new PostRateError('INVALID_INPUT', message, { problems })
  }
  return {
    title: input.title as string,
    content: input.content as string,
    createdBy: checkUserId(input.createdBy, 'createdBy'),
  }
}

function textProblem(field: string, value: unknown, longest: number): InputProblem | null {
  if (typeof value !== 'string') return { field, message: 'must be a string' }
  const length = lengthInCodePoints(value)
  if (length < 1 || length > longest) return { field, message: `must have 1 to ${longest} characters` }
  if (value.includes('\0') || !value.isWellFormed()) return { field, message: 'must be valid Unicode without NUL' }
  return null
}
