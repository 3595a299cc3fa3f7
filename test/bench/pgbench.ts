import { writeFileSync } from 'node:fs'
import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import type { Bench } from './bench.ts'

/** The table that a host would make for ratings, with nothing on it but its key; and its posts with counters. */
export const plainTables = (posts: number) => `
create table plain_ratings (post_id bigint, user_id text, score smallint not null, rated_at timestamptz not null default now(),
  primary key (post_id, user_id));
create table plain_posts (id bigint primary key, count bigint not null default 0, sum bigint not null default 0);
insert into plain_posts select n, 0, 0 from generate_series(1, ${posts}) n;
analyze plain_posts`

const draw = (posts: number, users: number) => `
\\set post random(1, ${posts})
\\set user random(1, ${users})
\\set score random(0, 5)
`

/** One statement per rating: the least that storing one costs. */
export const upsert = (posts: number, users: number) => `${draw(posts, users)}
insert into plain_ratings (post_id, user_id, score) values (:post, 'u' || :user, :score)
on conflict (post_id, user_id) do update set score = excluded.score, rated_at = now();
`

/** Counters kept in the rating's own transaction, as a host would write it: exact, since the post's row is locked first. */
export const upsertWithCounters = (posts: number, users: number) => `${draw(posts, users)}
begin;
select id from plain_posts where id = :post for update;
with old as (select score from plain_ratings where post_id = :post and user_id = 'u' || :user),
written as (insert into plain_ratings (post_id, user_id, score) values (:post, 'u' || :user, :score)
  on conflict (post_id, user_id) do update set score = excluded.score, rated_at = now())
update plain_posts set count = count + (select 1 - count(*) from old), sum = sum + :score - coalesce((select score from old), 0)
where id = :post;
commit;
`

/** Transactions per second of a script, prepared, on so many connections. */
export async function pgbench(
  bench: Bench,
  database: string,
  script: string,
  { clients, seconds }: { clients: number; seconds: number },
): Promise<number> {
  const directory = await mkdtemp(join(tmpdir(), 'post-rate-pgbench-'))
  const file = join(directory, 'script.sql')
  writeFileSync(file, script)
  try {
    const load = ['-n', '-M', 'prepared', '-c', String(clients), '-j', '1', '-T', String(seconds), '-f', file]
    const out = await bench.command('pgbench', [...load, database])
    const found = /^tps = ([\d.]+) \(without/m.exec(out)?.[1]
    if (found === undefined || !/failed transactions: 0 /.test(out)) throw new Error(`pgbench failed: ${out}`)
    return Number(found)
  } finally {
    await rm(directory, { recursive: true, force: true })
  }
}
