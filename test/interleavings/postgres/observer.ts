import pg from 'pg'

export interface OutboxRow {
  id: number
  event_id: string
  kind: string
  post_id: number
  user_id: string | null
  score: number | null
  previous_score: number | null
  at: string
  version: number | null
  state: StoredState | null
}

/** The state that a marked row carries, as it is published. */
export interface StoredState {
  counts: number[]
  activity: number
  displayed: {
    histogram: number[]
    average: number | null
    asOf: string
    nextUpdateAt: string | null
    stepAt: string | null
  }
  deleted?: boolean
}

export interface StatsObserved {
  post_id: number
  version: number
  counts: number[]
  activity: number
  displayed_counts: number[]
  displayed_average: number | null
  as_of: string
  window_end: string | null
  step_at: string | null
  rank: number
  deleted: boolean
}

export interface RatingObserved {
  post_id: number
  user_id: string
  /** Null while it is excluded. */
  score: number | null
}

/** What is committed at one moment. */
export interface Observation {
  /** The database's clock, milliseconds since the epoch. */
  now: number
  outbox: OutboxRow[]
  stats: StatsObserved[]
  ratings: RatingObserved[]
  posts: number[]
  /** Users whose ratings may not count. */
  excludedUsers: { user_id: string; state: string }[]
  /** Exclusions of periods that are active. */
  exclusions: number
  /** Users whose ratings count though a quarantine covers them. */
  missed: string[]
  /** Quarantines that have not ended, and those that are not settled. */
  quarantines: number
  unsettled: number
  leases: { name: string; holder: string; term: number }[]
  /** How far the shards in force are folded, as readers take it; null where one has not begun. */
  watermark: number | null
  settings: {
    display: string
    window_seconds: number
    effective_at: string
    previous: unknown
    version_floor: number
    prior_weight: number
    prior_mean: number
  }
}

const observation = `
select jsonb_build_object(
  'now', extract(epoch from clock_timestamp()) * 1000,
  'outbox', coalesce((select jsonb_agg(o order by id) from post_rate.rating_outbox o), '[]'),
  'stats', coalesce((select jsonb_agg(s order by post_id) from post_rate.post_stats s), '[]'),
  'ratings', coalesce((select jsonb_agg(jsonb_build_object('post_id', post_id, 'user_id', user_id,
    'score', case when excluded_rated_at is distinct from rated_at then score end)) from post_rate.ratings), '[]'),
  'posts', coalesce((select jsonb_agg(id order by id) from post_rate.posts), '[]'),
  'excludedUsers', coalesce((select jsonb_agg(x) from post_rate.excluded_users x), '[]'),
  'exclusions', (select count(*) from post_rate.exclusions where restored_at is null),
  'missed', coalesce((select jsonb_agg(r.user_id) from post_rate.ratings r where r.excluded_rated_at is distinct from r.rated_at
    and exists (select from post_rate.exclusions e where e.post_id = r.post_id and e.release_at is not null
      and e.restored_at is null and r.rated_at >= e.starts_at and r.rated_at < e.ends_at)), '[]'),
  'quarantines', (select count(*) from post_rate.exclusions where release_at is not null and restored_at is null),
  'unsettled', (select count(*) from post_rate.exclusions where not settled),
  'leases', coalesce((select jsonb_agg(l order by name) from post_rate.leases l where name not like 'member:%'), '[]'),
  'watermark', (select case when count(*) = max(c.relay_shards) then extract(epoch from min(p.watermark)) * 1000 end
    from post_rate.settings c
    left join post_rate.relay_progress p on p.shards = c.relay_shards and p.watermark > '-infinity'),
  'settings', (select to_jsonb(c) from post_rate.settings c)) as seen`

/** A connection of its own that looks at what the sessions have committed and what they wait for. */
export class Observer {
  readonly #client: pg.Client

  private constructor(client: pg.Client) {
    this.#client = client
  }

  static async connect(url: string): Promise<Observer> {
    const client = new pg.Client({ connectionString: url, options: '-c synchronous_commit=off' })
    client.on('error', () => {})
    await client.connect()
    return new Observer(client)
  }

  async observe(): Promise<Observation> {
    const { rows } = await this.#client.query({ name: 'observe', text: observation })
    return rows[0].seen as Observation
  }

  /** Which backends each of these waits for. */
  async waits(pids: readonly number[]): Promise<Map<number, number[]>> {
    const { rows } = await this.#client.query({
      name: 'waits',
      text: 'select pid, pg_blocking_pids(pid) as blockers from unnest($1::int[]) as n (pid)',
      values: [pids],
    })
    return new Map(rows.map(({ pid, blockers }) => [pid, blockers]))
  }

  /** Ends a backend; resolves when it is gone, and its locks with it. */
  async terminate(pid: number): Promise<void> {
    await this.#client.query('select pg_terminate_backend($1, 5000)', [pid])
  }

  async run(sql: string): Promise<void> {
    await this.#client.query(sql)
  }

  async end(): Promise<void> {
    await this.#client.end()
  }
}
