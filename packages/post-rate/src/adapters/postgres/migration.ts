import type { DisplaySettings } from '../../domain/settings.ts'

/** What a migration may depend on. `schema` is a validated identifier. */
export interface MigrationContext {
  schema: string
  posts: 'own' | 'external'
  settings: DisplaySettings
}

/** One step of the schema: append-only, never edited once released. */
export interface Migration {
  version: number
  name: string
  sql: (context: MigrationContext) => string
}

/**
 * SQL that gives everybody the rights on a new table that they have on the outbox: an application that runs as another role than the
 * migration needs no new grant after an upgrade.
 */
export function grantLikeOutbox(schema: string, table: string): string {
  return `
do $$ declare given record; begin
  for given in select privilege_type as what, case grantee when 0 then 'public' else quote_ident(pg_get_userbyid(grantee)) end as who
    from pg_class c, aclexplode(c.relacl) where c.oid = '${schema}.rating_outbox'::regclass and grantee <> c.relowner
      and privilege_type in ('SELECT', 'INSERT', 'UPDATE', 'DELETE') loop
    execute format('grant %s on ${schema}.${table} to %s', given.what, given.who);
  end loop;
end $$;`
}
