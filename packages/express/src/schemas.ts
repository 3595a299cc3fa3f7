import { longestContent, longestTitle, parsePostId } from 'post-rate'
import { z } from 'zod'

/** What the OpenAPI document says of a schema beside its shape. With an `id` it becomes a component of that name. */
export interface SchemaNotes {
  id?: string
  description?: string
  format?: string
  minLength?: number
  maxLength?: number
  examples?: unknown[]
}

/** Notes on this package's schemas; of its own, so that no other user of zod in the process can meet its names. */
export const schemaNotes = z.registry<SchemaNotes>()

const badId = 'must be a positive whole number below 2^53, in digits without sign or leading zero'
const badScore = 'must be a whole number from 0 to 5'
export const badLimit = 'must be a whole number from 1 to 100, given once'
const badSort = 'must be newest or top, given once'
const badUnit = 'must be day or hour, given once'
const badTime = 'must be an ISO 8601 time, given once'
const badCursor = 'must be the cursor of a next link, given once'

export const postIdInBody = z
  .int({ error: badId })
  .min(1, { error: badId })
  .max(Number.MAX_SAFE_INTEGER, { error: badId })
  .register(schemaNotes, { description: 'Id of a post: a positive integer below 2^53.' })

const score = z
  .int({ error: badScore })
  .min(0, { error: badScore })
  .max(5, { error: badScore })
  .register(schemaNotes, { description: 'A JSON number, a whole one from 0 to 5; 5.0 is 5.' })

/** Text of 1 to `longest` code points; PostgreSQL stores neither NUL nor lone surrogates. */
function text(longest: number) {
  return z
    .string({ error: 'must be a string' })
    .refine((value) => value.length <= 2 * longest && [...value].length <= longest && value !== '', {
      error: `must have 1 to ${longest} characters`,
      abort: true,
    })
    .refine((value) => value.isWellFormed() && !value.includes('\0'), {
      error: 'must be valid Unicode without NUL',
    })
    .register(schemaNotes, { minLength: 1, maxLength: longest })
}

/** An id in a path or a query. */
export const readId = z
  .string({ error: badId })
  .transform((digits) => parsePostId(digits) ?? Number.NaN)
  .pipe(postIdInBody)

/** `{id}` of a path. */
export const postPath = z.object({ id: readId })

export const listQuery = z.object({
  limit: z
    .string({ error: badLimit })
    .regex(/^[1-9][0-9]{0,2}$/, { error: badLimit, abort: true })
    .transform(Number)
    .pipe(z.int().min(1).max(100, { error: badLimit }))
    .default(20)
    .register(schemaNotes, { description: 'How many posts a page has at most.' }),
  after: z
    .string({ error: badCursor })
    .optional()
    .register(schemaNotes, { description: 'Where the page before ended; taken from its `next`.' }),
  sort: z
    .enum(['newest', 'top'], { error: badSort })
    .default('newest')
    .register(schemaNotes, { description: 'Newest first, or highest rank first.' }),
})

/** A time in digits alone would be Unix seconds. The library reads the rest. */
function time(description: string) {
  return z
    .string({ error: badTime })
    .regex(/^[0-9]{4}-|^[0-9]{8}T/, { error: badTime })
    .optional()
    .register(schemaNotes, { format: 'date-time', description })
}

export const historyQuery = z.object({
  unit: z
    .enum(['day', 'hour'], { error: badUnit })
    .default('day')
    .register(schemaNotes, { description: 'Length of a bucket. Days begin at midnight UTC.' }),
  from: time('Only buckets that end after it.'),
  to: time('Only buckets that begin before it.'),
})

export const scoreBody = z
  .object({ score }, { error: 'must be an object' })
  .register(schemaNotes, { id: 'Score', examples: [{ score: 4 }] })

export const ratingBody = z
  .object({ postId: postIdInBody, score }, { error: 'must be an object' })
  .register(schemaNotes, { id: 'Rating', examples: [{ postId: 1, score: 4 }] })

export const postBody = z
  .object({ title: text(longestTitle), content: text(longestContent) }, { error: 'must be an object' })
  .register(schemaNotes, { id: 'PostDraft', examples: [{ title: 'Hello', content: 'What do you think of it?' }] })
