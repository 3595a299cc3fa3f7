import { z } from 'zod'
import { schemaNotes } from './schemas.ts'

// The shapes of what is answered. They make the OpenAPI document; the tests hold the answers against them.

const count = z.int().min(0)
const score = z.int().min(0).max(5)
const id = z.int().min(1)
const time = z.string().register(schemaNotes, { format: 'date-time', description: 'ISO 8601, UTC.' })

const stats = z
  .object({
    count,
    average: z.number().nullable().register(schemaNotes, { description: 'At most 4 decimals; null at count 0.' }),
    histogram: z
      .array(count)
      .length(6)
      .register(schemaNotes, { description: 'How many ratings each score from 0 to 5 has.' }),
    asOf: time.clone().register(schemaNotes, { format: 'date-time', description: 'The moment of these figures.' }),
    nextUpdateAt: z.string().nullable().register(schemaNotes, {
      format: 'date-time',
      description: 'Nothing in the stats changes before it; null where a change shows at once.',
    }),
    guard: z
      .object({ state: z.literal('damped'), gap: z.number(), since: time })
      .nullable()
      .register(schemaNotes, {
        description: 'Set while the average is held back: unusually many ratings arrive. `gap` is shown minus true.',
      }),
    withheld: z
      .object({ reason: z.literal('few-ratings'), minCount: count })
      .optional()
      .register(schemaNotes, { description: 'Why a rated post has no average; left out where it has one.' }),
    recent: z
      .object({ days: z.int().min(1), count, average: z.number().nullable() })
      .optional()
      .register(schemaNotes, {
        description: 'Of the last days, where the host turned it on; left out while the average is held back.',
      }),
  })
  .register(schemaNotes, { id: 'Stats' })

export const postAnswer = z
  .object({
    id,
    title: z.string(),
    content: z.string(),
    createdBy: z.string(),
    createdAt: time,
    stats,
    myScore: score
      .nullable()
      .register(schemaNotes, { description: "The reader's own score; null for none, and 0 is a score." }),
  })
  .register(schemaNotes, { id: 'Post' })

const byScore = (description: string) => z.array(count).length(6).register(schemaNotes, { description })

export const historyAnswer = z
  .object({
    postId: id,
    unit: z.enum(['day', 'hour']),
    asOf: time.clone().register(schemaNotes, { format: 'date-time', description: 'Nothing in it is newer.' }),
    nextUpdateAt: z.string().nullable().register(schemaNotes, {
      format: 'date-time',
      description: 'Nothing in it changes before; null where a change shows at once.',
    }),
    average: z.number().nullable().register(schemaNotes, { description: 'The displayed average as of then.' }),
    before: byScore('Ratings that count and are older than the first bucket, by score.'),
    buckets: z
      .array(
        z.object({
          start: time,
          counts: byScore('Ratings that count, by score.'),
          excluded: byScore('Ratings that do not count, by score.'),
        }),
      )
      .max(400)
      .register(schemaNotes, { description: 'In order; those without any rating are left out.' }),
    incidents: z
      .array(
        z.object({
          from: time,
          to: z
            .string()
            .nullable()
            .register(schemaNotes, { format: 'date-time', description: 'Null while it is open.' }),
          state: z.enum(['open', 'released', 'excluded', 'expired']),
        }),
      )
      .register(schemaNotes, { description: 'Rushes of ratings, the earliest first.' }),
    exclusions: z.array(z.object({ from: time, to: time, count, reason: z.string() })).register(schemaNotes, {
      description:
        'Periods whose ratings do not count, the earliest first; empty where the host does not publish them.',
    }),
  })
  .register(schemaNotes, { id: 'PostHistory' })

export const pageAnswer = z
  .object({
    items: z.array(postAnswer),
    next: z.string().nullable().register(schemaNotes, { description: 'URL of the next page; null at the end.' }),
  })
  .register(schemaNotes, { id: 'PostPage' })

export const receiptAnswer = z
  .object({
    postId: id,
    score,
    previousScore: score.nullable(),
    changed: z.boolean().register(schemaNotes, { description: 'False when this score was there already.' }),
    ratedAt: time,
  })
  .register(schemaNotes, { id: 'RatingReceipt' })

export const problemAnswer = z
  .object({
    type: z.string().register(schemaNotes, { format: 'uri-reference' }),
    title: z.string(),
    status: z.int(),
    detail: z.string(),
    code: z.string().register(schemaNotes, { description: 'Stable; the one to branch on.' }),
    errors: z
      .array(z.object({ field: z.string(), message: z.string() }))
      .optional()
      .register(schemaNotes, { description: 'For 400: what is wrong, field by field.' }),
  })
  .register(schemaNotes, { id: 'Problem' })
