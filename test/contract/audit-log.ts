import type { Cases } from './record.ts'

const note = { by: 'ada', action: 'posts delete', subject: 'post 17', reason: 'spam' }

export const auditLogCases: Cases = {
  'an entry is there before its decision ends, and gets what came of it': async (t, create) => {
    const { auditLog } = await create(t)
    const id = await auditLog.begin(note)
    const [begun] = await auditLog.list({ limit: 1, before: Number.MAX_SAFE_INTEGER })
    t.like(begun, { id, ...note, endedAt: null, outcome: null })
    await auditLog.end(id, { ratings: 3 })
    const [ended] = await auditLog.list({ limit: 1, before: Number.MAX_SAFE_INTEGER })
    t.like(ended, { id, ...note, at: begun?.at, outcome: { ratings: 3 } })
    t.true(Date.parse(ended?.endedAt as string) >= Date.parse(ended?.at as string))
  },

  'entries are listed newest first, page by page': async (t, create) => {
    const { auditLog } = await create(t)
    for (let n = 1; n <= 5; n++) await auditLog.begin({ ...note, subject: n === 5 ? null : `post ${n}`, reason: null })
    const first = await auditLog.list({ limit: 2, before: Number.MAX_SAFE_INTEGER })
    t.deepEqual(
      first.map(({ subject, reason }) => [subject, reason]),
      [
        [null, null],
        ['post 4', null],
      ],
    )
    const next = await auditLog.list({ limit: 9, before: first[1]?.id as number })
    t.deepEqual(
      next.map(({ subject }) => subject),
      ['post 3', 'post 2', 'post 1'],
    )
  },
}
