import type { Bypass } from '../../ports/schema.ts'
import type { PostgresDatabase } from './postgres-database.ts'

/** What keeps changes from being counted: triggers that do not fire, and sessions in which none of them does. */
export async function findBypasses(database: PostgresDatabase): Promise<Bypass[]> {
  return [...(await silentTriggers(database)), ...(await replicaRoles(database))]
}

async function silentTriggers(database: PostgresDatabase): Promise<Bypass[]> {
  const { schema } = database
  const rows = await database.query<{ table: string; name: string; enabled: string }>({
    text: `
select c.relname as table, t.tgname as name, t.tgenabled::text as enabled
from pg_trigger t join pg_class c on c.oid = t.tgrelid
where c.relnamespace = $1::regnamespace and not t.tgisinternal`,
    values: [schema],
  })
  const [settings] = await database.query<{ posts: string }>(`select posts from ${schema}.settings`)
  return triggersOf(schema)
    .filter(({ table }) => table === 'ratings' || settings?.posts === 'own')
    .flatMap(({ table, name, create }): Bypass[] => {
      const enabled = rows.find((row) => row.table === table && row.name === name)?.enabled
      if (enabled === 'O' || enabled === 'A') return []
      const state = enabled === undefined ? 'missing' : enabled === 'D' ? 'disabled' : 'replica only'
      const remedy = state === 'missing' ? create : `alter table ${schema}.${table} enable trigger ${name}`
      return [{ what: `trigger ${name} on ${schema}.${table}`, state, remedy }]
    })
}

/** Roles and databases whose sessions begin with `session_replication_role = replica`: there no trigger fires. */
async function replicaRoles(database: PostgresDatabase): Promise<Bypass[]> {
  const rows = await database.query<{ what: string; remedy: string }>(`
select concat_ws(' in ', case when r.oid is not null then format('role %I', r.rolname) end,
    case when d.oid is not null then format('database %I', d.datname) end) as what,
  case when r.oid is null then format('alter database %I', d.datname)
    else format('alter role %I', r.rolname) || coalesce(format(' in database %I', d.datname), '') end
    || ' reset session_replication_role' as remedy
from pg_db_role_setting s left join pg_roles r on r.oid = s.setrole left join pg_database d on d.oid = s.setdatabase
where 'session_replication_role=replica' = any (s.setconfig) and (d.oid is null or d.datname = current_database())
  and (r.oid is not null or d.oid is not null)
order by 1`)
  return rows.map(({ what, remedy }) => ({ what, state: 'replica', remedy }))
}

/** Everything that counts changes, and how it is made. */
function triggersOf(schema: string): { table: string; name: string; create: string }[] {
  const removed = 'old table as removed'
  const added = 'new table as added'
  const trigger = (table: string, name: string, event: string, tables: string) => ({
    ...{ table, name },
    create: `create trigger ${name} after ${event} on ${schema}.${table} referencing ${tables} for each statement execute function ${schema}.${name}()`,
  })
  return [
    trigger('ratings', 'ratings_inserted', 'insert', added),
    trigger('ratings', 'ratings_updated', 'update', `${removed} ${added}`),
    trigger('ratings', 'ratings_deleted', 'delete', removed),
    {
      ...{ table: 'ratings', name: 'refuse_truncate' },
      create: `create trigger refuse_truncate before truncate on ${schema}.ratings for each statement execute function ${schema}.refuse_truncate()`,
    },
    trigger('posts', 'posts_added', 'insert', added),
    trigger('posts', 'posts_removed', 'delete', removed),
    trigger('posts', 'posts_renumbered', 'update', `${removed} ${added}`),
  ]
}
