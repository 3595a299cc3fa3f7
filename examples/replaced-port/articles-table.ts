import type { Pool } from 'pg'

/** The host's own table. UUIDs are what its links carry; `number` is what post-rate calls an article. */
export async function makeArticles(pool: Pool): Promise<void> {
  await pool.query(`
    create schema if not exists example_articles;
    create table if not exists example_articles.articles (
      id uuid primary key default gen_random_uuid(),
      number bigint generated always as identity unique check (number < 9007199254740992),
      title text not null,
      body text not null,
      author text not null,
      published boolean not null,
      written_at timestamptz not null default now()
    );
    insert into example_articles.articles (title, body, author, published)
    select * from (values
      ('Bread', 'Flour, water, time.', 'ada', true),
      ('Soup', 'Lentils and an argument.', 'ada', true),
      ('Knives', 'Not finished yet.', 'ada', false)) as first
    where not exists (select from example_articles.articles);
  `)
}

/** The number of an article, from the id of a link; null where there is none. */
export async function numberOf(pool: Pool, id: string): Promise<number | null> {
  const { rows } = await pool.query('select number from example_articles.articles where id = $1', [id])
  return rows[0] ? Number(rows[0].number) : null
}

/** The ids that links carry, by number. */
export async function idsOf(pool: Pool, numbers: readonly number[]): Promise<Map<number, string>> {
  const { rows } = await pool.query('select number, id from example_articles.articles where number = any($1)', [
    numbers,
  ])
  return new Map(rows.map(({ number, id }) => [Number(number), id]))
}

/** Resolves to false where the user wrote no such article. */
export async function removeArticle(pool: Pool, number: number, author: string): Promise<boolean> {
  const { rowCount } = await pool.query('delete from example_articles.articles where number = $1 and author = $2', [
    number,
    author,
  ])
  return rowCount === 1
}
