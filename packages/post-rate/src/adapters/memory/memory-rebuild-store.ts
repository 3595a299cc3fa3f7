import type { RebuildProgress, RebuildRun, RebuildStore, TakeRebuild } from '../../ports/rebuild-store.ts'
import type { MemoryRecord } from './memory-record.ts'

/** The rebuild of a {@link MemoryRecord}. */
export class MemoryRebuildStore implements RebuildStore {
  readonly #record: MemoryRecord

  constructor(record: MemoryRecord) {
    this.#record = record
  }

  async take(holder: string, { restart, deadAfterSeconds, staleAfterSeconds }: TakeRebuild): Promise<RebuildRun> {
    const now = this.#record.clock.now()
    const old = this.#record.rebuild
    const silent = old === null ? 0 : (now - old.seenAt) / 1000
    if (old === null || ['', holder].includes(old.holder) || silent > deadAfterSeconds) {
      const kept = restart || silent > staleAfterSeconds ? null : old
      const first = { beganAt: new Date(now).toISOString(), last: 0, posts: 0, repaired: 0, seconds: 0 }
      this.#record.rebuild = { ...(kept ?? first), holder, seenAt: now }
    }
    const { seenAt, ...run } = this.#record.rebuild as NonNullable<MemoryRecord['rebuild']>
    return { ...run, silentSeconds: (now - seenAt) / 1000 }
  }

  async save(holder: string, progress: RebuildProgress): Promise<boolean> {
    const run = this.#record.rebuild
    if (run?.holder !== holder) return false
    this.#record.rebuild = { ...run, ...progress, seenAt: this.#record.clock.now() }
    return true
  }

  async leave(holder: string, finished: boolean): Promise<void> {
    const run = this.#record.rebuild
    if (run?.holder === holder) this.#record.rebuild = finished ? null : { ...run, holder: '' }
  }
}
