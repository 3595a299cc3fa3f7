import KafkaRequestQueue from 'kafkajs/src/network/requestQueue/index.js'

/** What kafkajs' `RequestQueue` has of this. */
export interface RequestQueue {
  pending: unknown[]
  throttledUntil: number
  scheduleCheckPendingRequests(): void
}

/**
 * In kafkajs 2.2.4 every connection that has been used looks for pending requests every millisecond, for ever, also when
 * there are none: measured, 1 to 2 percent of a core each. A request that has to wait is looked for when it begins to wait
 * and when another one ends, so nothing is missed where that is all.
 */
export function quietRequestQueue(): void {
  const { prototype } = KafkaRequestQueue as unknown as { prototype: RequestQueue & { quiet?: true } }
  if (prototype.quiet) return
  const schedule = prototype.scheduleCheckPendingRequests
  prototype.quiet = true
  prototype.scheduleCheckPendingRequests = function (this: RequestQueue) {
    if (this.pending.length > 0) schedule.call(this)
  }
}
