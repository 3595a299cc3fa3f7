import type { MemoryRecord } from '../../packages/post-rate/src/adapters/memory/memory-record.ts'
import { postIds, userIds } from './world.ts'

/** A write that a client asked for; `score` null: that there be no rating. */
interface Request {
  key: string
  score: number | null
  began: number
  /** Null while no answer has come. */
  ended: number | null
  /** It may have been stored or not, also later. */
  unknown: boolean
  /** The database went back while it was under way, before or after it was stored. */
  caught: boolean
}

/** What clients were told, and so what has to be in the ratings: the last write that was accepted, unknown ones may be either. */
export class Requests {
  #all: Request[] = []

  /** Notes a write; the returned function takes its answer. */
  begin(keys: readonly string[], score: number | null): (answer: 'accepted' | 'refused' | 'unknown') => void {
    const requests = keys.map(
      (key): Request => ({ key, score, began: Date.now(), ended: null, unknown: true, caught: false }),
    )
    this.#all.push(...requests)
    return (answer) => {
      for (const request of requests) {
        request.ended = Date.now()
        request.unknown = answer === 'unknown' || request.caught
      }
      if (answer === 'refused') this.#all = this.#all.filter((one) => !requests.includes(one))
    }
  }

  backup(): { at: number; requests: Request[] } {
    return { at: Date.now(), requests: structuredClone(this.#all) }
  }

  /** What was under way at the backup or is now may be in what was restored; what came between is lost. */
  restore({ requests }: { requests: Request[] }): void {
    const open = this.#all.filter(({ ended }) => ended === null)
    for (const request of open) request.caught = true
    this.#all = [...requests.map((request) => (request.ended === null ? { ...request, ended: 0 } : request)), ...open]
  }

  wrong(record: MemoryRecord): string[] {
    const wrong: string[] = []
    for (const postId of postIds)
      for (const userId of userIds) {
        const found = record.ratingOf(postId, userId)?.score ?? null
        const possible = this.#possible(keyOf(postId, userId))
        if (!possible.includes(found))
          wrong.push(`${userId} has rated post ${postId} with ${found}, and was told ${possible.join(' or ')}`)
      }
    return wrong
  }

  /** Writes that no accepted one is known to have followed. */
  #possible(key: string): (number | null)[] {
    const ofKey = this.#all.filter((request) => request.key === key)
    const accepted = ofKey.filter(({ unknown }) => !unknown)
    const last = Math.max(...accepted.map(({ began }) => began))
    const open = ofKey.filter(({ unknown, ended }) => unknown || (ended as number) >= last)
    const scores = open.map(({ score }) => score)
    return accepted.length === 0 ? [null, ...scores] : scores
  }
}

export function keyOf(postId: number, userId: string): string {
  return `${postId} ${userId}`
}
