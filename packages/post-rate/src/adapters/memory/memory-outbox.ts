import type { FoldContext, StatsEvent } from '../../domain/post-stats.ts'
import { newPostStats } from '../../domain/post-stats.ts'
import { encodeStats, messageSchema, type RatingChange } from '../../domain/rating-change.ts'
import type { FoldBatch, FoldReport, Outbox, OutgoingChange, Shard } from '../../ports/outbox.ts'
import { endOfDeleted, followQuarantines } from './memory-quarantines.ts'
import type { MemoryOutboxRow, MemoryRecord } from './memory-record.ts'

/** The outbox of a {@link MemoryRecord}. */
export class MemoryOutbox implements Outbox {
  readonly #record: MemoryRecord

  constructor(record: MemoryRecord) {
    this.#record = record
  }

  async fold(shard: Shard, limit: number, fold: FoldBatch): Promise<FoldReport> {
    const record = this.#record
    const now = record.clock.now()
    const rows = record.outbox.filter((row) => row.state === null && isIn(shard, row.postId)).slice(0, limit)
    const due = record
      .allStates()
      .filter(({ postId, stepAt }) => stepAt !== null && stepAt <= now && isIn(shard, postId))
      .slice(0, limit)
    const name = `${shard.index}/${shard.count}`
    const progress = record.progress.get(name) ?? { watermark: Number.NEGATIVE_INFINITY, events: 0 }
    const { settings, versionFloor } = record.deployment
    const context: FoldContext = { settings, versionFloor, watermark: this.#promised(shard, progress.watermark) }
    const ids = new Set([...rows, ...due].map(({ postId }) => postId))
    const states = [...ids].map((id) => record.stateOf(id) ?? newPostStats(id, now))
    const events = rows.map((row) => ({ id: String(row.id), event: row.event as StatsEvent }))
    const folded = fold({ states, events, context, now })

    const byId = new Map(rows.map((row) => [String(row.id), row]))
    const changes: OutgoingChange[] = []
    for (const { eventId, change } of folded) {
      record.writeState(change.stats)
      let row = eventId === null ? undefined : byId.get(eventId)
      if (row) row.state = change.stats
      else row = record.addToOutbox({ postId: change.stats.postId, at: now, event: null, state: change.stats })
      changes.push(this.#outgoing(row))
    }
    const made = folded.map(({ change }) => change)
    followQuarantines(record, record.incidents.follow(states, made, settings))
    endOfDeleted(record, made)
    const drained = rows.length < limit && due.length < limit
    const watermark = drained ? Math.max(now, context.watermark) : progress.watermark
    record.progress.set(name, { watermark, events: progress.events + rows.length })
    const steps = folded.filter(({ eventId }) => eventId === null).length
    changes.sort((a, b) => a.message.version - b.message.version)
    return { events: rows.length, steps, drained, watermark, changes }
  }

  async unpublished(shard: Shard, limit: number): Promise<OutgoingChange[]> {
    return this.#record.outbox
      .filter((row) => row.state !== null && isIn(shard, row.postId))
      .slice(0, limit)
      .map((row) => this.#outgoing(row))
      .sort((a, b) => a.message.version - b.message.version)
  }

  async acknowledge(ids: readonly string[]): Promise<void> {
    const gone = new Set(ids)
    this.#record.outbox = this.#record.outbox.filter((row) => row.state === null || !gone.has(givenOut(row)))
  }

  async bury(postId: number): Promise<void> {
    this.#record.removeRatings((rating) => rating.postId === postId)
    this.#record.addEvent({ kind: 'deleted', postId, at: this.#record.clock.now() })
  }

  async backlog(): Promise<{ rows: number; oldestSeconds: number; folded: number }> {
    const { outbox, progress, clock } = this.#record
    const oldest = outbox.reduce((least, row) => Math.min(least, row.at), Number.POSITIVE_INFINITY)
    return {
      rows: outbox.length,
      oldestSeconds: outbox.length === 0 ? 0 : Math.max(0, (clock.now() - oldest) / 1000),
      folded: [...progress.values()].reduce((sum, { events }) => sum + events, 0),
    }
  }

  #outgoing(row: MemoryOutboxRow): OutgoingChange {
    return { id: givenOut(row), message: messageOf(row, this.#record.deployment.source) }
  }

  /** What readers were promised also while the posts were sharded otherwise. */
  #promised(shard: Shard, own: number): number {
    const others = [...this.#record.progress].filter(([name]) => !name.endsWith(`/${shard.count}`))
    return Math.max(own, ...others.map(([, { watermark }]) => watermark))
  }
}

function isIn(shard: Shard, postId: number): boolean {
  return postId % shard.count === shard.index
}

/** Not the row's id alone: after a restore other rows get it again. */
function givenOut({ id, eventId }: MemoryOutboxRow): string {
  return `${id}/${eventId}`
}

function messageOf({ eventId, event, state }: MemoryOutboxRow, source: string): RatingChange {
  const common = { schema: messageSchema, source, eventId, ...encodeStats(state as NonNullable<typeof state>) }
  if (event?.kind !== 'rating') return { ...common, kind: event?.kind === 'deleted' ? 'deleted' : 'display' }
  const { userId, score, previousScore, ratedAt } = event
  return { ...common, kind: 'rating', userId, score, previousScore, ratedAt: new Date(ratedAt).toISOString() }
}
