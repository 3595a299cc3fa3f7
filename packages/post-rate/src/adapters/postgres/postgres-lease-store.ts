import type { Lease, LeaseStore } from '../../ports/lease-store.ts'
import type { PostgresDatabase } from './postgres-database.ts'

/**
 * Leases in rows with an expiry by the database's clock: unlike session locks they work behind a transaction pooler, and
 * a holder that is stopped rather than dead loses them. Presence rows (`member:…`) tell how many share.
 */
export class PostgresLeaseStore implements LeaseStore {
  readonly #database: PostgresDatabase

  constructor(database: PostgresDatabase) {
    this.#database = database
  }

  async acquire(names: readonly string[], holder: string, seconds: number): Promise<Lease[]> {
    return this.#database.transaction(async (connection) => {
      const leases = `${this.#database.schema}.leases`
      const presence = `member:${names.map((name) => name.split(':')[0])[0]}:`
      await connection.query({
        text: `insert into ${leases} as l (name, holder, expires_at)
values ($1, $2, clock_timestamp() + make_interval(secs => $3))
on conflict (name) do update set expires_at = excluded.expires_at`,
        values: [`${presence}${holder}`, holder, seconds],
      })
      const [members] = await connection.query<{ n: number }>({
        text: `select count(*) as n from ${leases} where starts_with(name, $1) and ${holds('$2')}`,
        values: [presence, seconds],
      })
      const share = Math.ceil(names.length / Math.max(1, members?.n ?? 1))
      // One candidate list under locks: mine first, then what is free or has expired, never more than the share.
      await connection.query({
        text: `
insert into ${leases} (name, holder, term, expires_at)
select name, '', 0, '-infinity' from unnest($1::text[]) as n (name) order by name on conflict do nothing`,
        values: [names],
      })
      const held = await connection.query<{ name: string; holder: string; term: number; seconds_left: number }>({
        text: `
with candidates as (
  select name, holder from ${leases}
  where name = any ($1::text[]) and (holder = $2 or not (${holds('$4')}))
  order by name for update),
mine as (select name from candidates order by holder <> $2, name limit $3),
given_back as (
  update ${leases} set expires_at = '-infinity'
  where holder = $2 and name in (select name from candidates except select name from mine))
update ${leases} l
set term = case when l.holder = $2 then l.term else l.term + 1 end, holder = $2,
  expires_at = clock_timestamp() + make_interval(secs => $4)
from mine where l.name = mine.name
returning l.name, l.holder, l.term, $4::float8 as seconds_left`,
        values: [names, holder, share, seconds],
      })
      await connection.query(
        `delete from ${leases} where starts_with(name, 'member:')
and expires_at not between clock_timestamp() - interval '1 minute' and clock_timestamp() + interval '1 hour'`,
      )
      return held.map(leaseOf)
    })
  }

  async release(holder: string): Promise<void> {
    const leases = `${this.#database.schema}.leases`
    await this.#database.query({
      text: `with gone as (delete from ${leases} where holder = $1 and starts_with(name, 'member:'))
update ${leases} set expires_at = '-infinity' where holder = $1 and not starts_with(name, 'member:')`,
      values: [holder],
    })
  }

  async list(): Promise<Lease[]> {
    const rows = await this.#database.query<{ name: string; holder: string; term: number; seconds_left: number }>(
      `select name, holder, term,
  case when expires_at = '-infinity' then -1 else extract(epoch from expires_at - clock_timestamp())::float8 end as seconds_left
from ${this.#database.schema}.leases where not starts_with(name, 'member:') and not starts_with(name, 'clock:') order by name`,
    )
    return rows.map(leaseOf)
  }
}

/** No lease lasts longer than a minute, or than the caller's own: a later end was written under a clock that was ahead. */
function holds(seconds: string): string {
  return `expires_at between clock_timestamp() and clock_timestamp() + make_interval(secs => greatest(60, ${seconds}::float8))`
}

function leaseOf(row: { name: string; holder: string; term: number; seconds_left: number }): Lease {
  return { name: row.name, holder: row.holder, term: row.term, secondsLeft: row.seconds_left }
}
