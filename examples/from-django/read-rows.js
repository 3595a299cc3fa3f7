const pageSize = 2_000

/**
 * The rows of a Django table by ascending id, a page at a time. As JSON, so that columns may be there or not, and times
 * are ISO 8601 whatever type they have.
 * @param {import('pg').Pool} pool
 * @param {'posts_post' | 'posts_rating'} table
 * @returns {AsyncGenerator<Record<string, any>>}
 */
export async function* readRows(pool, table) {
  let after = '-9223372036854775808'
  for (;;) {
    const { rows } = await pool.query(
      `select id::text, to_jsonb(t) as row from ${table} t where id > $1 order by t.id limit ${pageSize}`,
      [after],
    )
    for (const { row } of rows) yield row
    if (rows.length < pageSize) return
    after = rows.at(-1).id
  }
}
