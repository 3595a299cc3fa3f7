import test from 'ava'
import { createMemoryPostRate } from 'post-rate/memory'

const note = { by: 'ada', action: 'posts delete', subject: 'post 1' }

test('a decision leaves what came of it, also where it failed', async (t) => {
  const postRate = createMemoryPostRate()
  t.is(
    await postRate.audit.during(
      note,
      async () => 3,
      (ratings) => ({ ratings }),
    ),
    3,
  )
  await t.throwsAsync(
    postRate.audit.during(note, async () => {
      throw new Error('locked')
    }),
    { message: 'locked' },
  )
  const entries = await postRate.audit.list()
  t.deepEqual(
    entries.map(({ outcome }) => outcome),
    [{ error: 'locked' }, { ratings: 3 }],
  )
  await postRate.close()
})

test('a decision without a name, or with a bad reason, is refused before it is carried out', async (t) => {
  const postRate = createMemoryPostRate()
  const work = async () => t.fail('it was carried out')
  await t.throwsAsync(postRate.audit.during({ ...note, by: '' }, work), { message: /^by: / })
  await t.throwsAsync(postRate.audit.during({ ...note, reason: ' ' }, work), { message: /^reason: / })
  await t.throwsAsync(postRate.audit.list({ limit: 0 }), { message: /^limit: / })
  t.deepEqual(await postRate.audit.list(), [])
  await postRate.close()
})

test('every decision of the library leaves its entry, a plan leaves none', async (t) => {
  const postRate = createMemoryPostRate()
  const why = { by: 'ada', reason: 'a raid' }
  const { id: postId } = await postRate.posts.create({ title: 'a', content: 'b', createdBy: 'c' })
  for (const userId of ['rai', 'bo']) await postRate.ratings.rate({ postId, userId, score: 1, established: false })
  const users = { userIds: ['rai', 'rai'], ...why }
  const period = { postId, from: '2020-01-01', standing: 'new' as const, ...why }
  t.deepEqual(await postRate.moderation.excludeUsers({ ...users, dryRun: true }), { users: 1, ratings: 1, posts: 1 })
  t.like(await postRate.moderation.exclude({ ...period, dryRun: true }), { ratings: 2, before: { rank: 27 / 12 } })
  t.is(await postRate.users.erase('bo', { dryRun: true, ...why }), 1)
  t.deepEqual(await postRate.audit.list(), [])

  t.deepEqual(await postRate.moderation.excludeUsers(users), { users: 1, ratings: 1, posts: 1 })
  t.deepEqual(await postRate.moderation.restoreUsers(users), { users: 1, ratings: 1, posts: 1 })
  t.like(await postRate.moderation.exclude(period), { ratings: 2 })
  await postRate.moderation.restore({ postId, ...why })
  await postRate.guard.release(postId, why)
  await postRate.settings.set({ minCount: 3, audit: 'off' }, why)
  await postRate.users.erase('rai', why)
  await postRate.users.erase('bo')
  const entries = (await postRate.audit.list()).toReversed()
  t.true(entries.every(({ endedAt }) => endedAt !== null))
  t.deepEqual(
    entries.map(({ by, reason, action, subject }) => [by, reason, action, subject]),
    [
      // Erasing the user took the name out.
      ['ada', 'a raid', 'moderate exclude-user', null],
      ['ada', 'a raid', 'moderate restore-user', null],
      ['ada', 'a raid', 'moderate exclude', `post ${postId}`],
      ['ada', 'a raid', 'moderate restore', `post ${postId}`],
      ['ada', 'a raid', 'guard release', `post ${postId}`],
      ['ada', 'a raid', 'settings set', 'minCount, audit'],
      ['ada', 'a raid', 'users erase', null],
      ['unnamed', null, 'users erase', null],
    ],
  )
  t.deepEqual(entries[5]?.outcome, { before: { minCount: 0, audit: 24 }, after: { minCount: 3, audit: 0 } })
  for (const [wrong, field] of [
    [{ ...users, userIds: [] }, 'userIds'],
    [{ ...users, userIds: [''] }, 'userIds'],
    [{ ...users, by: '' }, 'by'],
    [{ ...users, reason: '' }, 'reason'],
  ] as const)
    await t.throwsAsync(postRate.moderation.excludeUsers(wrong), { message: new RegExp(`^${field}: `) })
  await t.throwsAsync(postRate.moderation.exclude({ ...period, standing: 'old' as never }), { message: /^standing: / })
  await t.throwsAsync(postRate.ratings.rate({ postId, userId: 'u', score: 1, established: 'yes' as never }), {
    message: /^established: /,
  })
  await postRate.close()
})
