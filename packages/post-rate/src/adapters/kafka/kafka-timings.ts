/** Every duration of the Kafka adapter. Production uses {@link kafkaTimings}; tests pass shorter ones. */
export interface KafkaTimings {
  /** Time limit of one admin question. */
  adminTimeoutMs: number
  /** Time limit of one send, including its connection. */
  sendTimeoutMs: number
  /** Pause before kafkajs repeats a failed request for the first time. It doubles with each of the 3 repetitions. */
  requestRetryMs: number
  /** Longest time without a leader for a partition that was just made, or just moved to another broker. */
  electionTimeoutMs: number
  /** Longest time without a coordinator for a group that is joined for the first time. */
  coordinatorTimeoutMs: number
  /** Age at which the list of partitions is read again. New partitions are noticed after this time. */
  metadataMaxAgeMs: number
  /** Time without a heartbeat after which the broker removes a member. At least the broker's `group.min.session.timeout.ms`. */
  sessionTimeoutMs: number
  /** Time that the group waits for its members to join again. */
  rebalanceTimeoutMs: number
  /** Pause between two heartbeats. */
  heartbeatMs: number
  /** Time that a broker holds a fetch while there is no message. A member that leaves waits for its last fetch. */
  fetchWaitMs: number
  /** Time limit for leaving the group. */
  leaveTimeoutMs: number
  /** A member that reads from the beginning also rewinds the partitions that it gets within this time. */
  rewindMs: number
  /** Pause between two looks at the topic and at the membership. */
  watchEveryMs: number
  /** Time without progress after which a subscription is unhealthy. */
  stuckAfterMs: number
  /** Time without a sign of the group after which a member is replaced. */
  replacedAfterMs: number
  /** Pause before a settled member is replaced. It doubles with each failure in a row, up to `longestRejoinMs`. */
  rejoinMs: number
  longestRejoinMs: number
  /** Age at which a member has settled: its end is not another failure in a row. */
  settledAfterMs: number
  /** Pause before a failed batch is applied again. It doubles with each failure, up to `longestBatchRetryMs`. */
  batchRetryMs: number
  longestBatchRetryMs: number
  /** Pause between two looks at what a drain has committed. */
  drainEveryMs: number
}

export const kafkaTimings: KafkaTimings = {
  adminTimeoutMs: 10_000,
  sendTimeoutMs: 10_000,
  requestRetryMs: 200,
  electionTimeoutMs: 5_000,
  coordinatorTimeoutMs: 20_000,
  metadataMaxAgeMs: 10_000,
  sessionTimeoutMs: 15_000,
  rebalanceTimeoutMs: 30_000,
  heartbeatMs: 3_000,
  fetchWaitMs: 1_000,
  leaveTimeoutMs: 30_000,
  rewindMs: 60_000,
  watchEveryMs: 5_000,
  stuckAfterMs: 30_000,
  replacedAfterMs: 60_000,
  rejoinMs: 250,
  longestRejoinMs: 30_000,
  settledAfterMs: 60_000,
  batchRetryMs: 200,
  longestBatchRetryMs: 10_000,
  drainEveryMs: 300,
}
