import type { ServerProbe } from '../../ports/server-probe.ts'
import type { PostgresClock } from './postgres-clock.ts'
import type { PostgresDatabase } from './postgres-database.ts'

export class PostgresProbe implements ServerProbe {
  readonly #database: PostgresDatabase
  readonly #clock: PostgresClock

  constructor(database: PostgresDatabase, clock: PostgresClock) {
    this.#database = database
    this.#clock = clock
  }

  async version(): Promise<string> {
    const sent = Date.now()
    const [row] = await this.#database.query<{ version: string; now: number }>(
      `select current_setting('server_version') as version, clock_timestamp() as now`,
    )
    if (row) this.#clock.observe(row.now, sent)
    return (row?.version ?? '').split(' ')[0] ?? ''
  }
}
