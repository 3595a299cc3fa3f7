import type { IncidentDelivery, IncidentEvents, IncidentReceiver } from '../../ports/incident-store.ts'
import type { PostgresDatabase } from './postgres-database.ts'

/** Events of incidents in PostgreSQL. Claims skip rows that another process is claiming. */
export class PostgresIncidentEvents implements IncidentEvents {
  readonly #database: PostgresDatabase
  readonly #table: string

  constructor(database: PostgresDatabase) {
    this.#database = database
    this.#table = `${database.schema}.incident_events`
  }

  async claim(
    receiver: IncidentReceiver,
    limit: number,
    { leaseSeconds, giveUpSeconds }: { leaseSeconds: number; giveUpSeconds: number },
  ): Promise<IncidentDelivery[]> {
    const rows = await this.#database.query<IncidentDelivery>({
      text: `
with due as materialized (
  select id from ${this.#table}
  where receiver = $1 and delivered_at is null and due_at <= clock_timestamp()
    and at > clock_timestamp() - make_interval(secs => $4)
  order by due_at limit $2 for update skip locked)
update ${this.#table} e set attempts = attempts + 1, due_at = clock_timestamp() + make_interval(secs => $3)
from due where e.id = due.id and e.receiver = $1
returning e.id, e.kind, e.incident, e.attempts, e.at`,
      values: [receiver, limit, leaseSeconds, giveUpSeconds],
    })
    return (rows as (IncidentDelivery & { at: number })[])
      .sort((a, b) => a.at - b.at)
      .map(({ id, kind, incident, attempts }) => ({ id, kind, incident, attempts }))
  }

  async delivered(receiver: IncidentReceiver, id: string): Promise<void> {
    await this.#database.query({
      text: `update ${this.#table} set delivered_at = clock_timestamp() where id = $2 and receiver = $1`,
      values: [receiver, id],
    })
  }

  async failed(receiver: IncidentReceiver, id: string, pauseSeconds: number): Promise<void> {
    await this.#database.query({
      text: `update ${this.#table} set due_at = clock_timestamp() + make_interval(secs => $3)
where id = $2 and receiver = $1 and delivered_at is null`,
      values: [receiver, id, pauseSeconds],
    })
  }
}
