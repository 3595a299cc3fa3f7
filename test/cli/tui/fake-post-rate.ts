import {
  type Drift,
  type GuardedPost,
  type Incident,
  type LatestRating,
  type Post,
  type PostInspection,
  type PostRate,
  PostRateError,
  type RebuildOptions,
  type Status,
  type VerifyOptions,
} from 'post-rate'

/** 2026-05-04T12:00:00Z, at which the fake's clock starts. */
export const startOfTime = Date.UTC(2026, 4, 4, 12)

export const hostileTitle =
  'evil\u001b[2J\u001b]0;owned\u0007\u001b]52;c;Zm9v\u0007\u009b31m\r\b\u202etxet\u2066\u200b e\u0301\u0301\u0301\u0301\u0301\u0301 👨‍👩‍👧🇩🇪 שלום 漢字'

export interface FakeOptions {
  posts?: number
  titles?: Record<number, string>
  status?: Partial<Status>
  drift?: Drift[]
  guarded?: GuardedPost[]
  incidents?: Incident[]
  /** The newest ratings of every post; null where there are too many. Default: see `latestOf`. */
  latest?: LatestRating[] | null
  /** How many posts a rebuild has to go through, one every `rebuildStepMs`. */
  rebuildPosts?: number
  rebuildStepMs?: number
  /** Posts that an earlier rebuild did, which this one goes on with. */
  rebuiltBefore?: number
}

export interface FakePostRate
  extends Pick<PostRate, 'status' | 'now' | 'posts' | 'ratings' | 'stats' | 'guard' | 'audit' | 'incidents'> {
  /** Set: `status()` rejects with it. */
  failure: Error | null
  /** Set: `ratings.latest()` rejects with it. */
  latestFailure: Error | null
  /** The version of every post; raised by whoever changes something. */
  version: number
  readonly rebuilds: { dryRun: boolean; ended: 'done' | 'aborted' | null }[]
  readonly releases: number[]
  readonly calls: { status: number; statusAtOnce: number; latest: number[] }
}

export const goodStatus: Status = {
  dependencies: {
    postgres: { configured: true, reachable: true, version: '15.14', encrypted: false, pooled: false, detail: '' },
    redis: { configured: true, reachable: true, version: '7.0.15', encrypted: false, pooled: false, detail: '' },
    kafka: { configured: true, reachable: true, version: '4.4', encrypted: false, pooled: false, detail: '' },
  },
  outbox: { rows: 1234, oldestSeconds: 0.42 },
  leases: [
    { name: 'relay:0', holder: 'api-1:4711', term: 3, secondsLeft: 11.5 },
    { name: 'relay:1', holder: 'api-2:4712', term: 12, secondsLeft: 8.2 },
  ],
  lag: [120, 0, 37, 4000, 0, 12_345].map((lag, partition) => ({
    partition,
    end: 50_000,
    committed: 50_000 - lag,
    lag,
  })),
  unknown: {},
  freshnessSeconds: 0.31,
  clockOffsetMs: 4,
  clockSetBack: null,
  audit: { posts: 5, passedAt: '2026-01-01T00:00:00.000Z', repaired: 0, repairedAt: null },
  ratingsPerSecond: 512.3,
  guardedPosts: 1,
  incidents: { open: 0, oldestSeconds: 0, deadLetters: 0 },
  roles: { relay: null, consumer: null },
  counters: {
    rated: 0,
    withdrawn: 0,
    folded: 0,
    stepped: 0,
    published: 0,
    applied: 0,
    stale: 0,
    conflicts: 0,
    reconciled: 0,
    unreadable: 0,
    foreign: 0,
    audited: 0,
    repaired: 0,
    armed: 0,
    released: 0,
  },
}

/** As much of the library as the dashboard asks, without any server. */
export function fakePostRate(options: FakeOptions = {}): FakePostRate {
  const { posts = 20, titles = {}, drift = [], rebuildPosts = 1000, rebuildStepMs = 1, rebuiltBefore = 0 } = options
  const started = Date.now()
  const never = () => Promise.reject(new Error('not in the fake'))
  let asking = 0
  let wave = 0
  const fake: FakePostRate = {
    failure: null,
    latestFailure: null,
    version: 40,
    rebuilds: [],
    releases: [],
    calls: { status: 0, statusAtOnce: 0, latest: [] },
    now: () => startOfTime + Date.now() - started,
    async status() {
      fake.calls.status++
      fake.calls.statusAtOnce = Math.max(fake.calls.statusAtOnce, ++asking)
      try {
        await pause(5)
        if (fake.failure) throw fake.failure
        wave++
        return { ...goodStatus, ratingsPerSecond: 512.3 * (1 + Math.sin(wave / 3)), ...options.status }
      } finally {
        asking--
      }
    },
    posts: {
      async list({ limit = 20, after = null, sort = 'newest' } = {}) {
        const ids = Array.from({ length: posts }, (_, index) => (sort === 'newest' ? posts - index : index + 1))
        const from = after === null ? 0 : ids.indexOf(Number(after)) + 1
        const page = ids.slice(from, from + limit)
        const next = from + limit < ids.length ? String(page.at(-1)) : null
        return { items: page.map((id) => fakePost(id, titles[id])), next }
      },
      listJson: never,
      history: never,
      create: never,
      async get(id) {
        if (id > posts) throw new PostRateError('POST_NOT_FOUND', `There is no post ${id}.`)
        return fakePost(id, titles[id])
      },
      delete: never,
      removed: never,
    },
    ratings: {
      rate: never,
      withdraw: never,
      import: never,
      export: () => {
        throw new Error('not in the fake')
      },
      async latest(postId, { limit = 20 } = {}) {
        fake.calls.latest.push(postId)
        await pause(5)
        if (fake.latestFailure) throw fake.latestFailure
        const { latest = latestOf(postId) } = options
        return latest?.slice(0, limit) ?? null
      },
    },
    audit: { during: (_note, work) => work(), list: async () => [] },
    incidents: {
      list: async () => ({ items: options.incidents ?? [], next: null }),
      get: never,
      arrivals: never,
      release: never,
      exclude: never,
    },
    guard: {
      armed: async () => options.guarded ?? [],
      release: async (postId) => {
        fake.releases.push(postId)
        return true
      },
    },
    stats: {
      get: async (ids) => ids.map((id) => ({ ...inspectionOf(id), version: fake.version + id })),
      async verify({ onProgress, signal }: VerifyOptions = {}) {
        onProgress?.({ done: 500, total: 1000, found: 0 })
        await pause(20)
        signal?.throwIfAborted()
        return { posts: 1000, checked: 1000, drift, pending: 0 }
      },
      async rebuild({ dryRun = false, onResume, onProgress, signal }: RebuildOptions = {}) {
        const record: FakePostRate['rebuilds'][number] = { dryRun, ended: null }
        fake.rebuilds.push(record)
        if (rebuiltBefore > 0)
          onResume?.({
            last: rebuiltBefore,
            posts: rebuiltBefore,
            repaired: 2,
            beganAt: '2026-05-04T11:50:00.000Z',
            holder: 'cli-1:1',
            silentSeconds: 5,
            seconds: 8,
          })
        for (let done = rebuiltBefore; done < rebuildPosts; done += rebuildPosts / 10) {
          onProgress?.({ done, total: rebuildPosts, found: 2 })
          await pause((rebuildStepMs * rebuildPosts) / 10)
          if (signal?.aborted) record.ended = 'aborted'
          signal?.throwIfAborted()
        }
        record.ended = 'done'
        return { posts: rebuildPosts, repaired: 3, seconds: 1.25 }
      },
    },
  }
  return fake
}

function fakePost(id: number, title = `Post number ${id}`): Post {
  return {
    id,
    title,
    content: 'text',
    createdBy: 'ann',
    createdAt: '2026-05-01T10:00:00.000Z',
    stats: inspectionOf(id).displayed,
    myScore: null,
  }
}

/** Of today but for the last, a minute apart; the second is excluded. */
function latestOf(postId: number): LatestRating[] {
  const ratedAt = (n: number) => startOfTime - (n === 39 ? 24 * 60 : n) * 60_000
  return Array.from({ length: 40 }, (_, n) => ({
    ...{ postId, userId: n === 2 ? hostileTitle : `rater-${n}`, score: ((5 * n + 4) % 6) as LatestRating['score'] },
    ...{ ratedAt: ratedAt(n), excluded: n === 1 },
  }))
}

function inspectionOf(postId: number): PostInspection {
  const many = postId * 10
  const histogram = [1, 2, 3, many, 2 * many, 5 * many] as PostInspection['live']['histogram']
  const shown = [1, 2, 3, many, 2 * many, 5 * many - 5] as PostInspection['live']['histogram']
  return {
    postId,
    version: 40 + postId,
    live: figures(histogram),
    displayed: {
      ...figures(shown),
      asOf: '2026-05-04T11:58:12.000Z',
      nextUpdateAt: '2026-05-04T12:03:12.000Z',
      guard: null,
    },
    source: 'redis',
  }
}

function figures(histogram: PostInspection['live']['histogram']) {
  const count = histogram.reduce((sum, n) => sum + n, 0)
  const sum = histogram.reduce((total, n, score) => total + n * score, 0)
  return { count, sum, average: Math.round((sum / count) * 1e4) / 1e4, histogram }
}

function pause(ms: number): Promise<void> {
  return new Promise((resolve) => setTimeout(resolve, ms))
}
