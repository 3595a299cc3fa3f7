/**
 * The host's own table. UUIDs are what its pages and links use; `number` is what post-rate calls an article.
 * @param {import('pg').Pool} pool
 */
export async function makeArticles(pool) {
  await pool.query(`
    drop schema if exists example_articles, example_articles_ratings cascade;
    create schema example_articles;
    create table example_articles.articles (
      id uuid primary key default gen_random_uuid(),
      number bigint generated always as identity unique check (number < 9007199254740992),
      title text not null,
      body text not null,
      author text not null,
      published boolean not null,
      written_at timestamptz not null default now()
    );
    insert into example_articles.articles (title, body, author, published) values
      ('Bread', 'Flour, water, time.', 'ada', true),
      ('Soup', 'Lentils and an argument.', 'ada', true),
      ('Knives', 'Not finished yet.', 'ada', false);
  `)
}

/**
 * The number of an article, from the id that the host's links carry.
 * @param {import('pg').Pool} pool
 * @param {string} id
 */
export async function numberOf(pool, id) {
  const { rows } = await pool.query('select number from example_articles.articles where id = $1', [id])
  return Number(rows[0].number)
}

/**
 * @param {import('pg').Pool} pool
 * @param {string} title
 * @returns {Promise<string>}
 */
export async function idOf(pool, title) {
  const { rows } = await pool.query('select id from example_articles.articles where title = $1', [title])
  return rows[0].id
}
