import type { Score } from '../../packages/post-rate/src/domain/rating.ts'
import { rateOne } from './rating-store.ts'
import { addPosts, type Cases, countsOf, drained, foldAll, type RecordPorts, suspects } from './record.ts'

const note = { by: 'ada', reason: 'a raid' }
const hour = 3_600_000

/** What every UserExclusionStore does. */
export const userExclusionStoreCases: Cases = {
  'ratings before and after do not count, keep their score, and come back': async (t, create) => {
    const record = await create(t)
    await addPosts(record, 3)
    const rate = (userId: string, postId: number, score: Score) => rateOne(record, { postId, userId, score })
    await rate('rai', 1, 0)
    await rate('rai', 2, 1)
    await rate('bo', 1, 5)
    await drained(record)
    t.deepEqual(await record.userExclusionStore.plan(['rai', 'nobody'], 'exclude'), { users: 2, ratings: 2, posts: 2 })
    t.deepEqual(await drained(record), [])

    t.deepEqual(await moved(record, 'exclude', 'rai', 'nobody'), [1, 2])
    t.deepEqual(await drained(record), [
      [1, 'rai', 0, null],
      [2, 'rai', 1, null],
    ])
    t.deepEqual(await moved(record, 'exclude', 'rai'), [])
    // New, changed, repeated, imported and in a batch: stored as ever, and no event.
    t.like(await rate('rai', 3, 4), { previousScore: null, changed: true })
    t.like(await rate('rai', 1, 2), { previousScore: 0, changed: true })
    t.like(await rate('rai', 1, 2), { previousScore: 2, changed: false })
    const line = { postId: 2, userId: 'rai', score: 5 as const, ratedAt: Date.now() + 1_000 }
    t.like(await record.ratingStore.import([line], { createPosts: false }), { changed: 1 })
    await record.ratingStore.rate([
      { postId: 1, userId: 'nobody', score: 0 },
      { postId: 1, userId: 'cy', score: 4 },
    ])
    t.deepEqual(await drained(record), [[1, 'cy', null, 4]])
    t.deepEqual(await ownScores(record, 'rai'), [2, 5, 4])
    t.deepEqual(await countsOf(record, [1, 2, 3]), [
      [0, 0, 0, 0, 1, 1],
      [0, 0, 0, 0, 0, 0],
      [0, 0, 0, 0, 0, 0],
    ])
    t.deepEqual(await suspects(record), [])

    t.deepEqual(await record.userExclusionStore.plan(['rai', 'bo'], 'restore'), { users: 1, ratings: 3, posts: 3 })
    t.deepEqual(await moved(record, 'restore', 'rai', 'bo'), [1, 2, 3])
    t.deepEqual(await drained(record), [
      [1, 'rai', null, 2],
      [2, 'rai', null, 5],
      [3, 'rai', null, 4],
    ])
    t.deepEqual(await moved(record, 'restore', 'rai'), [])
    await rate('rai', 1, 3)
    await rate('nobody', 2, 3)
    t.deepEqual(await drained(record), [[1, 'rai', 2, 3]])
    t.deepEqual(await suspects(record), [])
  },

  'users are listed newest first, in pages, with who decided and why': async (t, create) => {
    const record = await create(t)
    await moved(record, 'exclude', 'a')
    await record.userExclusionStore.exclude(['b'], { by: 'bo', reason: 'spam' })
    await moved(record, 'exclude', 'c')
    await record.userExclusionStore.exclude(['b'], { by: 'cy', reason: 'again' })
    const [first, ...rest] = await record.userExclusionStore.list({ limit: 2, before: Number.MAX_SAFE_INTEGER })
    t.like(first, { userId: 'c', state: 'excluded', ...note })
    t.like(rest[0], { userId: 'b', by: 'bo', reason: 'spam' })
    t.is(rest.length, 1)
    t.true(Math.abs(Date.parse(first?.at ?? '') - Date.now()) < 60_000)
    const before = rest[0]?.id as number
    t.like((await record.userExclusionStore.list({ limit: 2, before }))[0], { userId: 'a' })
    await moved(record, 'restore', 'b')
    t.deepEqual(await listed(record), ['c', 'a'])
  },

  'of a period and a user each brings back only what the other does not hold': async (t, create) => {
    const record = await create(t)
    await addPosts(record, 1)
    const at = Math.floor(Date.now() / hour) * hour - 10 * hour
    const lines = ['rai', 'bo'].map((userId, n) => ({ postId: 1, userId, score: 1 as const, ratedAt: at + n }))
    await record.ratingStore.import(lines, { createPosts: false })
    await drained(record)
    const period = { postId: 1, from: at, to: at + hour }
    await moved(record, 'exclude', 'rai')
    t.is((await record.moderationStore.exclude(period, note))?.moved, 1)
    await moved(record, 'restore', 'rai')
    t.deepEqual(await drained(record), [
      [1, 'rai', 1, null],
      [1, 'bo', 1, null],
    ])
    await moved(record, 'exclude', 'rai')
    t.deepEqual(moving(await record.moderationStore.plan(period, 'restore')), [0, 1, 0, 0, 0, 0])
    t.is((await record.moderationStore.restore(period, note))?.moved, 1)
    t.deepEqual(await drained(record), [[1, 'bo', null, 1]])
    await moved(record, 'restore', 'rai')
    t.deepEqual(await drained(record), [[1, 'rai', null, 1]])
    t.deepEqual(await suspects(record), [])
  },

  'a period is excluded for one standing, and each standing by itself': async (t, create) => {
    const record = await create(t)
    await addPosts(record, 1)
    const at = Math.floor(Date.now() / hour) * hour - 10 * hour
    const lines = [false, true, null].map((established, n) => ({
      ...{ postId: 1, userId: `u${n}`, score: n as Score, ratedAt: at + n, established },
    }))
    await record.ratingStore.import(lines, { createPosts: false })
    await drained(record)
    const period = { postId: 1, from: at, to: at + hour }
    const ofNew = { ...period, standing: 'new' } as const
    t.deepEqual(moving(await record.moderationStore.plan(ofNew, 'exclude')), [1, 0, 0, 0, 0, 0])
    t.like(await record.moderationStore.exclude(ofNew, note), { moved: 1, exclusion: { standing: 'new' } })
    t.like(await record.moderationStore.exclude({ ...period, standing: 'unknown' }, note), { moved: 1 })
    t.is(await record.moderationStore.restore({ ...period, standing: 'established' }, note), null)
    await foldAll(record)
    t.deepEqual(await countsOf(record, [1]), [[0, 1, 0, 0, 0, 0]])
    t.like(await record.moderationStore.exclude(period, note), { moved: 1, exclusion: { standing: null } })
    // Each holds its own part.
    t.is((await record.moderationStore.restore(ofNew, note))?.moved, 0)
    t.deepEqual(moving(await record.moderationStore.plan(period, 'restore')), [1, 1, 0, 0, 0, 0])
    t.is((await record.moderationStore.restore(period, note))?.moved, 2)
    await foldAll(record)
    t.deepEqual(await countsOf(record, [1]), [[1, 1, 0, 0, 0, 0]])
    t.deepEqual(await suspects(record), [])
  },

  'an erased user is mentioned nowhere': async (t, create) => {
    const record = await create(t)
    await moved(record, 'exclude', 'rai', 'bo')
    for (const subject of ['user rai', 'user bo', '2 users'])
      await record.auditLog.begin({ ...note, action: 'moderate exclude-user', subject })
    await record.userExclusionStore.forget('rai')
    t.deepEqual(await listed(record), ['bo'])
    t.deepEqual(
      (await record.auditLog.list({ limit: 9, before: 99 })).map(({ subject }) => subject),
      ['2 users', 'user bo', null],
    )
  },
}

/** Moves and gives the posts of the ratings that it moved, in order. */
export async function moved(
  { userExclusionStore }: Pick<RecordPorts, 'userExclusionStore'>,
  action: 'exclude' | 'restore',
  ...userIds: string[]
): Promise<number[]> {
  const posts: number[] = []
  const steps = { onMoved: (some: readonly number[]) => void posts.push(...some) }
  if (action === 'exclude') await userExclusionStore.exclude(userIds, note, steps)
  else await userExclusionStore.restore(userIds, steps)
  return posts.sort((a, b) => a - b)
}

async function listed({ userExclusionStore }: RecordPorts): Promise<string[]> {
  const users = await userExclusionStore.list({ limit: 100, before: Number.MAX_SAFE_INTEGER })
  return users.map(({ userId }) => userId)
}

async function ownScores({ recordReader }: RecordPorts, userId: string) {
  const { scores } = await recordReader.read([{ userId, postIds: [1, 2, 3] }], [])
  return [1, 2, 3].map((id) => scores[0]?.get(id))
}

function moving(plan: { moving: readonly number[] } | null): readonly number[] | undefined {
  return plan?.moving
}
