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
