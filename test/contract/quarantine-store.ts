import type { ExecutionContext } from 'ava'
import type { IncidentRecord } from '../../packages/post-rate/src/domain/incident.ts'
import type { Quarantine } from '../../packages/post-rate/src/domain/settings.ts'
import type { Exclusion } from '../../packages/post-rate/src/ports/moderation-store.ts'
import { endingWindow, everything, raided } from './incident-store.ts'
import {
  type Cases,
  type CreateRecord,
  countsOf,
  drained,
  foldAll,
  type RecordPorts,
  suspects,
  type TestRecord,
  wholeShard,
} from './record.ts'

const note = { by: 'ada', reason: 'no raid' }
const fans = 20
const raiders = 40
const hourMs = 3_600_000

/** What every QuarantineStore does, with the rating stores and the outbox. */
export const quarantineStoreCases: Cases = {
  'without the setting nothing is held': async (t, create) => {
    const record = await raided(t, create)
    t.deepEqual(await record.quarantineStore.settle(), { moved: 0, left: 0 })
    t.deepEqual(await record.moderationStore.list(1), [])
    t.like((await record.incidentStore.list(everything))[0], { quarantined: [0, 0, 0, 0, 0, 0] })
    await foldAll(record)
    t.deepEqual(await countsOf(record, [1]), [[raiders, 0, 0, 0, 0, fans]])
  },

  'all arrivals of a rush are held from its begin on, shown to their users, and come back together': async (
    t,
    create,
  ) => {
    const record = await quarantined(t, create, 'all')
    await drained(record)
    t.deepEqual(await countsOf(record, [1]), [[0, 0, 0, 0, 0, fans]])
    t.deepEqual(await suspects(record), [])
    // Later arrivals, a first opinion and a changed one: the earlier rating stops counting, as that of any changed rating does.
    const receipts = await record.ratingStore.rate([
      { postId: 1, userId: 'late', score: 1, established: true },
      { postId: 1, userId: 'fan0', score: 2 },
      { postId: 1, userId: 'raider0', score: 3 },
    ])
    t.like(receipts[0], { changed: true, score: 1 })
    t.like(receipts[1], { changed: true, score: 2, previousScore: 5 })
    await record.ratingStore.withdraw([{ postId: 1, userId: 'raider1' }])
    t.deepEqual(await drained(record), [[1, 'fan0', 5, null]])
    const users = ['late', 'fan0', 'raider0', 'raider1']
    const { scores } = await record.recordReader.read(
      users.map((userId) => ({ userId, postIds: [1] })),
      [],
    )
    t.deepEqual(
      scores.map((own) => own.get(1) ?? null),
      [1, 2, 3, null],
    )

    const [incident] = await record.another().incidentStore.list(everything)
    const held = [raiders - 2, 1, 1, 1, 0, 0]
    t.deepEqual([...(incident?.quarantined ?? [])], held)
    t.deepEqual([...(incident?.scores ?? [])], held)
    t.like((await record.incidentStore.get(incident?.id as number))?.incident, { arrivals: raiders + 1 })
    const [exclusion, ...others] = await record.moderationStore.list(1)
    t.deepEqual(others, [])
    t.like(exclusion, { reason: 'quarantine', by: 'post-rate', standing: null, restoredAt: null })
    t.like(exclusion, { excluded: raiders + 1, from: new Date(incident?.from as number).toISOString() })

    await record.quarantineStore.release(incident as NonNullable<typeof incident>, note)
    t.deepEqual(await record.quarantineStore.settle(2), { moved: 0, left: 0 })
    t.deepEqual(await record.another().quarantineStore.settle(1), { moved: raiders + 1, left: 0 })
    await record.quarantineStore.release(incident as NonNullable<typeof incident>, note)
    t.deepEqual(await record.quarantineStore.settle(), { moved: 0, left: 0 })
    await foldAll(record)
    t.deepEqual(await countsOf(record, [1]), [[raiders - 2, 1, 1, 1, 0, fans - 1]])
    t.deepEqual(await suspects(record), [])
    const [ended] = await record.moderationStore.list(1)
    t.like(ended, { excluded: raiders + 1, restored: raiders + 1, restoredBy: 'ada', restoreReason: 'no raid' })
    await record.ratingStore.rate([{ postId: 1, userId: 'later', score: 4 }])
    await foldAll(record)
    t.deepEqual(await countsOf(record, [1]), [[raiders - 2, 1, 1, 1, 1, fans - 1]])
  },

  'of new accounts only: others count, and a rating that is held stays so when its account is established': async (
    t,
    create,
  ) => {
    const record = await quarantined(t, create, 'new')
    await record.ratingStore.rate([
      { postId: 1, userId: 'new0', score: 1, established: false },
      { postId: 1, userId: 'new1', score: 1, established: false },
      { postId: 1, userId: 'old', score: 2, established: true },
      { postId: 1, userId: 'unknown', score: 3 },
    ])
    await record.ratingStore.rate([{ postId: 1, userId: 'new1', score: 1, established: true }])
    await foldAll(record)
    t.deepEqual(await countsOf(record, [1]), [[raiders, 0, 1, 1, 0, fans]])
    const [incident] = await record.incidentStore.list(everything)
    await record.quarantineStore.release(incident as NonNullable<typeof incident>, note)
    t.is((await record.quarantineStore.settle()).moved, 2)
    await foldAll(record)
    t.deepEqual(await countsOf(record, [1]), [[raiders, 2, 1, 1, 0, fans]])
    t.deepEqual(await suspects(record), [])
  },

  'it holds until its time is over, also after the guard is disarmed; what arrives then counts': async (t, create) => {
    const record = await quarantined(t, create, 'all', 0.01)
    const began = Date.now()
    await disarm(record)
    await record.wait(5)
    await record.ratingStore.rate([{ postId: 1, userId: 'after', score: 4 }])
    await foldAll(record)
    t.deepEqual(await countsOf(record, [1]), [[0, 0, 0, 0, 1, fans - 1]])
    t.deepEqual(await record.quarantineStore.settle(), { moved: 0, left: 0 })
    const [incident] = await record.incidentStore.list(everything)
    t.like(incident, { state: 'expired' })
    t.deepEqual([...(incident?.quarantined ?? [])], [raiders, 0, 0, 0, 0, 0])
    const [{ releaseAt }] = (await record.moderationStore.list(1)) as [Exclusion]
    t.true(Math.abs(Date.parse(releaseAt as string) - began - 0.01 * hourMs) < 20_000)
    await timeIsOver(record)
    t.deepEqual(await record.quarantineStore.settle(), { moved: raiders, left: 0 })
    await foldAll(record)
    t.deepEqual(await countsOf(record, [1]), [[raiders, 0, 0, 0, 1, fans - 1]])
    t.deepEqual(await suspects(record), [])
    t.like((await record.moderationStore.list(1))[0], { restoredBy: 'post-rate', restored: raiders })
    // The evidence stays with the incident.
    const [over] = await record.incidentStore.list(everything)
    t.deepEqual([...(over?.scores ?? [])], [raiders, 0, 0, 0, 0, 0])
    t.deepEqual([...(over?.quarantined ?? [])], [0, 0, 0, 0, 0, 0])
  },

  'what an exclusion or a user holds as well stays out when the quarantine ends, and the other way round': async (
    t,
    create,
  ) => {
    const record = await quarantined(t, create, 'all')
    const [incident] = (await record.incidentStore.list(everything)) as [IncidentRecord]
    await record.wait(5)
    const period = { postId: 1, from: incident.from, to: Date.now() + hourMs }
    t.is((await record.moderationStore.exclude(period, note))?.moved, 0)
    await record.userExclusionStore.exclude(['raider0'], note)
    await record.ratingStore.rate([{ postId: 1, userId: 'later', score: 1 }])
    await record.quarantineStore.release(incident, note)
    t.is((await record.quarantineStore.settle()).moved, 1)
    await foldAll(record)
    t.deepEqual(await countsOf(record, [1]), [[0, 1, 0, 0, 0, fans]])
    t.is((await record.moderationStore.restore(period, note))?.moved, raiders - 1)
    await foldAll(record)
    t.deepEqual(await countsOf(record, [1]), [[raiders - 1, 1, 0, 0, 0, fans]])
    t.deepEqual(await suspects(record), [])

    const again = await quarantined(t, create, 'all')
    await again.wait(5)
    await again.moderationStore.exclude(period, note)
    t.is((await again.moderationStore.restore(period, note))?.moved, 0)
    await foldAll(again)
    t.deepEqual(await countsOf(again, [1]), [[0, 0, 0, 0, 0, fans]])
  },

  'moderation restores a quarantine like any exclusion; a deleted post has none': async (t, create) => {
    const record = await quarantined(t, create, 'all')
    const [exclusion] = (await record.moderationStore.list(1)) as [Exclusion]
    const period = { postId: 1, from: Date.parse(exclusion.from), to: Date.parse(exclusion.to) }
    t.like(await record.moderationStore.restore(period, note), { moved: raiders, exclusion: { restoredBy: 'ada' } })
    t.deepEqual(await record.quarantineStore.settle(), { moved: 0, left: 0 })
    await foldAll(record)
    t.deepEqual(await countsOf(record, [1]), [[raiders, 0, 0, 0, 0, fans]])

    const gone = await quarantined(t, create, 'all')
    await gone.postStore.delete(1, () => {})
    await foldAll(gone)
    t.like((await gone.moderationStore.list(1))[0], { restoreReason: 'the post was deleted' })
  },
}

/** A raided post of a deployment with a quarantine, which has begun and is settled. */
export async function quarantined<R extends TestRecord>(
  t: ExecutionContext<unknown>,
  create: CreateRecord<R>,
  quarantine: Quarantine,
  releaseAfterHours = 1,
): Promise<R> {
  const record = await raided(t, async (...args) => {
    const made = await create(...args)
    await made.settingsStore.change({ quarantine, releaseAfterHours }, 0)
    return made
  })
  t.is((await record.quarantineStore.settle()).left, 0)
  return record as R
}

/** The guard has nothing to hold any more. */
export async function disarm({ outbox, ratingStore }: RecordPorts): Promise<void> {
  await ratingStore.withdraw([{ postId: 1, userId: 'fan19' }])
  await outbox.fold(wholeShard, 500, endingWindow(1, Date.now() - 60_000, { armed: false, gap: 0, quiet: false }))
}

/** Lets the time of its quarantine go by. */
async function timeIsOver(record: TestRecord & { sql?: (text: string) => Promise<unknown> }): Promise<void> {
  if (record.sql === undefined) await record.wait(hourMs)
  else await record.sql(`update post_rate.exclusions set release_at = now()`)
}
