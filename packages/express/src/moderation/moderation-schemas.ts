import { parsePostId } from 'post-rate'
import { z } from 'zod'
import { badLimit, postIdInBody, readId } from '../schemas.ts'

const badCursor = 'must be the id in a next link, given once'
const badState = 'must be open, released, excluded or expired, given once'
const badStanding = 'must be new, established or unknown'

/** `{id}` of an incident, an exclusion or a post. */
export const idPath = z.object({ id: readId })

const limit = z
  .string({ error: badLimit })
  .regex(/^[1-9][0-9]{0,2}$/, { error: badLimit, abort: true })
  .transform(Number)
  .pipe(z.int().min(1).max(100, { error: badLimit }))
  .default(20)
const after = z
  .string({ error: badCursor })
  .transform((digits) => parsePostId(digits) ?? Number.NaN)
  .pipe(z.int({ error: badCursor }))
  .optional()

export const pageQuery = z.object({ limit, after })
export const exclusionsQuery = z.object({ limit, after, postId: readId.optional() })
export const incidentsQuery = z.object({
  ...{ limit, after },
  postId: readId.optional(),
  state: z.enum(['open', 'released', 'excluded', 'expired'], { error: badState }).optional(),
})

const decision = {
  /** Its length is the library's to judge, with what it says of it. */
  reason: z.string({ error: 'must have 1 to 1000 characters' }),
  dryRun: z.boolean({ error: 'must be true or false' }).default(false),
}
const standing = z.enum(['new', 'established', 'unknown'], { error: badStanding }).optional()
const time = z.union([z.string(), z.number()], { error: 'must be an ISO 8601 time or Unix seconds' })
const anObject = { error: 'must be an object' }

export const decisionBody = z.object(decision, anObject)
export const incidentExclusionBody = z.object({ ...decision, standing }, anObject)
export const periodBody = z.object(
  { ...decision, standing, postId: postIdInBody, from: time, to: time.optional() },
  anObject,
)

const badUsers = 'must be a list of 1 to 10000 user ids'
export const usersBody = z.object(
  {
    ...decision,
    userIds: z.array(z.string({ error: badUsers }), { error: badUsers }).min(1, { error: badUsers }),
  },
  anObject,
)
