import type { OwnScoresWanted, RecordRead, RecordReader } from '../../ports/record-reader.ts'
import type { MemoryRecord } from './memory-record.ts'

/** Own scores and states of a {@link MemoryRecord}. */
export class MemoryRecordReader implements RecordReader {
  readonly #record: MemoryRecord

  constructor(record: MemoryRecord) {
    this.#record = record
  }

  async read(scores: readonly OwnScoresWanted[], states: readonly number[], deployment = false): Promise<RecordRead> {
    const asked = states.length > 0 || deployment
    return {
      scores: scores.map(({ userId, postIds }) => {
        const own = postIds.flatMap((id) => this.#record.ratingOf(id, userId) ?? [])
        return new Map(own.map(({ postId, score }) => [postId, score]))
      }),
      states: [...new Set(states)].flatMap((id) => this.#record.stateOf(id) ?? []),
      watermark: asked ? this.#record.watermark() : null,
      deployment: deployment ? this.#record.deployment : null,
    }
  }

  async unrated(ids: readonly number[]): Promise<number[]> {
    return [...new Set(ids)].filter((id) => {
      const stats = this.#record.stateOf(id)
      return stats === undefined || stats.version === 0 || stats.deleted
    })
  }
}
