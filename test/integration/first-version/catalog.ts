import { runSql } from '../../helpers/test-database.ts'

/** Everything that a migration can make, as PostgreSQL writes it down; without brackets, which a dump sets otherwise. */
export async function catalogOf(url: string): Promise<string[]> {
  const rows = await runSql<{ line: string }>(
    url,
    `with relations as (select * from pg_class where relnamespace = 'post_rate'::regnamespace)
select concat_ws(' ', relkind, relname, reloptions, obj_description(oid, 'pg_class')) as line from relations
union all
select concat_ws(' ', relname, attnum, attname, format_type(atttypid, atttypmod), attnotnull, attidentity,
  pg_get_expr(adbin, adrelid), col_description(c.oid, attnum))
from relations c join pg_attribute on attrelid = c.oid and attnum > 0 and not attisdropped and relkind = 'r'
left join pg_attrdef on adrelid = c.oid and adnum = attnum
union all
select concat_ws(' ', relname, conname, translate(pg_get_constraintdef(k.oid), '()', '')) from relations c join pg_constraint k on conrelid = c.oid
union all
select pg_get_indexdef(indexrelid) from relations c join pg_index on indrelid = c.oid
union all
select concat_ws(' ', pg_get_triggerdef(g.oid), tgenabled) from relations c join pg_trigger g on tgrelid = c.oid where not tgisinternal
union all
select concat_ws(' ', pg_get_functiondef(oid), proacl) from pg_proc where pronamespace = 'post_rate'::regnamespace
order by line`,
  )
  return rows.map(({ line }) => line)
}
