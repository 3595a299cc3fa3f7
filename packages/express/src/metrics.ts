import type { Counters, PostRate, Status } from 'post-rate'
import { Counter, Gauge, type Registry } from 'prom-client'

const counterHelp: Record<keyof Counters, string> = {
  rated: 'Ratings stored by this process',
  withdrawn: 'Ratings withdrawn by this process',
  folded: 'Outbox rows folded into post_stats by this process',
  stepped: 'Display windows stepped by this process',
  published: 'Changes published by this process',
  applied: 'States applied to the stats store by this process',
  stale: 'States skipped because the stats store had a newer one',
  conflicts: 'States that differed from the stats store at the same version',
  reconciled: 'Posts healed by the reconciler of this process',
  unreadable: 'Messages skipped because they could not be read',
  foreign: 'Messages skipped because they are of another database',
  audited: 'Posts that the background audit of this process compared with their ratings',
  repaired: 'Posts that the background audit of this process repaired',
  armed: 'Posts whose average the spike guard began to hold back, published by this process',
  released: 'Posts whose average the spike guard let go, published by this process',
}

type Sample = { labels?: Record<string, string | number>; value: number }

interface GaugeKind {
  name: string
  help: string
  labels?: string[]
  /** Nothing is exported where nothing is known. */
  read(status: Status): Sample[]
}

const gauges: readonly GaugeKind[] = [
  {
    name: 'outbox_rows',
    help: 'Rows in the outbox: not yet acknowledged by the bus; above 1000 an estimate',
    read: ({ outbox }) => known(outbox?.rows),
  },
  {
    name: 'outbox_oldest_seconds',
    help: 'Age of the oldest row in the outbox',
    read: ({ outbox }) => known(outbox?.oldestSeconds),
  },
  {
    name: 'freshness_seconds',
    help: 'How long ago everything was folded',
    read: ({ freshnessSeconds }) => known(freshnessSeconds),
  },
  {
    name: 'guarded_posts',
    help: 'Posts that the spike guard is armed for',
    read: ({ guardedPosts }) => known(guardedPosts),
  },
  {
    name: 'open_incidents',
    help: 'Incidents that go on and about which nobody has decided',
    read: ({ incidents }) => known(incidents?.open),
  },
  {
    name: 'oldest_incident_seconds',
    help: 'Seconds since the oldest open incident began; 0 without one',
    read: ({ incidents }) => known(incidents?.oldestSeconds),
  },
  {
    name: 'webhook_dead_letters',
    help: 'Incident events that the webhook did not accept within a day, of the last 30 days',
    read: ({ incidents }) => known(incidents?.deadLetters),
  },
  {
    name: 'audit_repaired_posts',
    help: 'Posts that the background audit has ever repaired, in all processes',
    read: ({ audit }) => known(audit?.repaired),
  },
  {
    name: 'clock_offset_seconds',
    help: 'Clock of the database minus clock of this process',
    read: ({ clockOffsetMs }) => known(clockOffsetMs === null ? null : clockOffsetMs / 1000),
  },
  {
    name: 'consumer_lag_messages',
    help: 'Messages that the consumer group has not committed',
    labels: ['partition'],
    read: ({ lag }) => (lag ?? []).map(({ partition, lag: value }) => ({ labels: { partition }, value })),
  },
  {
    name: 'lease_seconds_left',
    help: 'Seconds until a lease expires; negative when nobody renewed it',
    labels: ['name'],
    read: ({ leases }) => (leases ?? []).map(({ name, secondsLeft: value }) => ({ labels: { name }, value })),
  },
  {
    name: 'lease_term',
    help: 'Rises with every new holder of a lease',
    labels: ['name'],
    read: ({ leases }) => (leases ?? []).map(({ name, term: value }) => ({ labels: { name }, value })),
  },
  {
    name: 'dependency_up',
    help: '1 where a configured dependency can be reached',
    labels: ['dependency'],
    read: ({ dependencies }) =>
      Object.entries(dependencies)
        .filter(([, { configured }]) => configured)
        .map(([dependency, { reachable }]) => ({ labels: { dependency }, value: Number(reachable) })),
  },
  {
    name: 'role_healthy',
    help: '1 where a role that this process started makes progress',
    labels: ['role'],
    read: ({ roles }) =>
      Object.entries(roles).flatMap(([role, state]) =>
        state === null ? [] : [{ labels: { role }, value: Number(state.healthy) }],
      ),
  },
]

/** Registers the metrics. All figures of dependencies come from one status; without it the counters remain. */
export function registerMetrics(
  registry: Registry,
  postRate: Pick<PostRate, 'counters'>,
  status: () => Promise<Status>,
): void {
  for (const [key, help] of Object.entries(counterHelp)) {
    new Counter({
      name: `post_rate_${key}_total`,
      help,
      registers: [registry],
      collect() {
        this.reset()
        this.inc(postRate.counters[key as keyof Counters])
      },
    })
  }
  for (const { name, help, labels = [], read } of gauges) {
    new Gauge({
      name: `post_rate_${name}`,
      help,
      labelNames: labels,
      registers: [registry],
      async collect() {
        const current = await status().catch(() => null)
        this.reset()
        if (labels.length === 0) this.remove()
        for (const sample of current === null ? [] : read(current)) this.set(sample.labels ?? {}, sample.value)
      },
    })
  }
}

function known(value: number | null | undefined): Sample[] {
  return value === null || value === undefined ? [] : [{ value }]
}
