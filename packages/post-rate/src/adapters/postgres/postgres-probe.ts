import type { ServerIdentity, ServerProbe } from '../../ports/server-probe.ts'
import type { PostgresClock } from './postgres-clock.ts'
import type { PostgresDatabase } from './postgres-database.ts'

/** What pg knows of a connection and its types leave out. */
interface Wire {
  processID?: number | null
  connection?: { stream?: { encrypted?: boolean } }
}

export class PostgresProbe implements ServerProbe {
  readonly #database: PostgresDatabase
  readonly #clock: PostgresClock

  constructor(database: PostgresDatabase, clock: PostgresClock) {
    this.#database = database
    this.#clock = clock
  }

  identify(): Promise<ServerIdentity> {
    return this.#database.onConnection(async (connection, client) => {
      const sent = Date.now()
      const [row] = await connection.query<{ version: string; pid: number; now: number }>(
        `select current_setting('server_version') as version, pg_backend_pid() as pid, clock_timestamp() as now`,
      )
      if (row) this.#clock.observe(row.now, sent)
      const { processID, connection: wire } = client as Wire
      return {
        version: (row?.version ?? '').split(' ')[0] ?? '',
        encrypted: wire?.stream === undefined ? null : wire.stream.encrypted === true,
        // A pooler makes up the process that it names when a client connects.
        pooled: typeof processID === 'number' && processID !== row?.pid,
      }
    })
  }
}
