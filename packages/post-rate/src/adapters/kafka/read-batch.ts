import type { KafkaMessage } from 'kafkajs'
import type { PostStats } from '../../domain/post-stats.ts'
import { readMessage } from '../../domain/rating-change.ts'

/** What a batch of messages comes down to. */
export interface BatchContent {
  /** The newest state of each post, in the order in which the posts appear. */
  states: PostStats[]
  received: number
  unreadable: number
  foreign: number
  /** The first message of a schema from the future: nothing from it on was read. */
  future: { offset: string; schema: number } | null
}

/** Reads messages of an untrusted topic. Never throws. */
export function readBatch(messages: readonly KafkaMessage[], source: string): BatchContent {
  const newest = new Map<number, PostStats>()
  const content: BatchContent = { states: [], received: 0, unreadable: 0, foreign: 0, future: null }
  for (const { key, value, offset } of messages) {
    const read = readMessage(value)
    if (read.kind === 'future') {
      content.future = { offset, schema: read.schema }
      break
    }
    content.received++
    if (read.kind === 'unreadable' || key?.toString() !== String(read.stats.postId)) content.unreadable++
    else if (read.source !== source) content.foreign++
    else if ((newest.get(read.stats.postId)?.version ?? -1) < read.stats.version)
      newest.set(read.stats.postId, read.stats)
  }
  content.states = [...newest.values()]
  return content
}
