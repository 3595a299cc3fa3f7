import type { ExecutionContext } from 'ava'
import { createPostRate, isPostRateError, type PostRate, type RejectedLine } from 'post-rate'
import { cleanUp } from '../helpers/clean-up.ts'
import { withPostgres } from '../helpers/requires.ts'
import { runSql, testDatabase } from '../helpers/test-database.ts'

/** A rule of a host's on `ratings`: its SQL, and the constraint that its error names. Each rejects the user `mallory`. */
const rules: Record<string, { sql: string; constraint: string | null }> = {
  'a CHECK': {
    sql: `alter table post_rate.ratings add constraint no_mallory check (user_id <> 'mallory')`,
    constraint: 'no_mallory',
  },
  'a foreign key to its users': {
    sql: `create table users (id text primary key); insert into users select 'user-' || n from generate_series(0, 99) n;
      alter table post_rate.ratings add constraint known_user foreign key (user_id) references users`,
    constraint: 'known_user',
  },
  'a unique index': {
    sql: `create unique index one_mallory on post_rate.ratings ((user_id = 'mallory')) where user_id in ('mallory', 'first');
      insert into post_rate.ratings (post_id, user_id, score) values (2, 'mallory', 1)`,
    constraint: 'one_mallory',
  },
  'an exclusion constraint': {
    sql: `alter table post_rate.ratings add constraint apart exclude using hash (user_id with =) where (user_id = 'mallory');
      insert into post_rate.ratings (post_id, user_id, score) values (2, 'mallory', 1)`,
    constraint: 'apart',
  },
  'a trigger that raises': {
    sql: `create function refuse() returns trigger language plpgsql as $$
      begin if new.user_id = 'mallory' then raise exception 'mallory is banned'; end if; return new; end $$;
      create trigger refuse before insert or update on post_rate.ratings for each row execute function refuse()`,
    constraint: null,
  },
  'a deferred trigger that raises a check violation': {
    sql: `create function refuse() returns trigger language plpgsql as $$
      begin if new.user_id = 'mallory' then
        raise exception 'banned' using errcode = 'check_violation', constraint = 'ban'; end if; return new; end $$;
      create constraint trigger refuse after insert on post_rate.ratings deferrable initially deferred
      for each row execute function refuse()`,
    constraint: 'ban',
  },
}

for (const [name, { sql, constraint }] of Object.entries(rules))
  withPostgres(`${name} of the host's is REJECTED for its row alone`, async (t) => {
    const { postRate, database } = await host(t)
    await runSql(database, sql)
    const rate = (userId: string) => postRate.ratings.rate({ postId: 1, userId, score: 4 })
    await isRejected(t, rate('mallory'), constraint)
    const users = Array.from({ length: 100 }, (_, n) => (n === 50 ? 'mallory' : `user-${n}`))
    const outcomes = await Promise.allSettled(users.map(rate))
    t.deepEqual(
      outcomes.flatMap(({ status }, n) => (status === 'rejected' ? [users[n]] : [])),
      ['mallory'],
    )
    await isRejected(t, Promise.reject((outcomes[50] as PromiseRejectedResult).reason), constraint)
    await t.throwsAsync(postRate.ratings.rate({ postId: 9, userId: 'user-1', score: 4 }), { code: 'POST_NOT_FOUND' })
    const rejected: RejectedLine[] = []
    const ratedAt = new Date().toISOString()
    const lines = ['user-1', 'mallory', 'user-2'].map((user, n) => ({ line: n + 1, post: 1, user, score: 2, ratedAt }))
    const report = await postRate.ratings.import(lines, { onRejected: (line) => rejected.push(line) })
    t.like(report, { changed: 2, rejected: 1 })
    t.is(rejected[0]?.line, 2)
    t.regex(rejected[0]?.message ?? '', constraint === null ? /mallory is banned/ : new RegExp(constraint))
  })

withPostgres('a NOT NULL column that the host added is REJECTED with its name in the message', async (t) => {
  const { postRate, database } = await host(t)
  await runSql(database, 'alter table post_rate.ratings add column country text not null')
  const error = await t.throwsAsync(postRate.ratings.rate({ postId: 1, userId: 'ada', score: 4 }), { code: 'REJECTED' })
  t.regex(error?.message ?? '', /"country"/)
})

withPostgres(
  "a trigger of the host's that keeps ratings rejects withdrawals, one by one, and an erasure",
  async (t) => {
    const { postRate, database } = await host(t)
    for (const userId of ['ada', 'mallory', 'grace']) await postRate.ratings.rate({ postId: 1, userId, score: 4 })
    await runSql(
      database,
      `create function keep() returns trigger language plpgsql as $$
     begin if old.user_id = 'mallory' then raise exception 'it is evidence'; end if; return old; end $$;
     create trigger keep before delete on post_rate.ratings for each row execute function keep()`,
    )
    const withdraw = (userId: string) => postRate.ratings.withdraw({ postId: 1, userId })
    const outcomes = await Promise.allSettled(['ada', 'mallory', 'grace'].map(withdraw))
    t.deepEqual(
      outcomes.map(({ status }) => status),
      ['fulfilled', 'rejected', 'fulfilled'],
    )
    await isRejected(t, withdraw('mallory'), null)
    await isRejected(t, postRate.users.erase('mallory'), null)
    await isRejected(t, postRate.posts.delete(1), null)
    t.is((await runSql(database, 'select from post_rate.ratings')).length, 1)
  },
)

withPostgres("rules of the host's on posts: REJECTED, and the posts' sequence stays as it is", async (t) => {
  const { postRate, database } = await host(t)
  await runSql(
    database,
    `create unique index one_title on post_rate.posts (title);
     alter table post_rate.posts add constraint long_enough check (length(content) > 2)`,
  )
  const create = (title: string, content: string) => postRate.posts.create({ title, content, createdBy: 'ada' })
  await isRejected(t, create('Three', 'x'), 'long_enough')
  await isRejected(t, create('One', 'Text'), 'one_title')
  const { id } = await create('Four', 'Text')
  t.true(id > 4, 'the ids of the rejected ones are not given again')
})

async function host(t: ExecutionContext): Promise<{ postRate: PostRate; database: string }> {
  const database = await testDatabase(t)
  const postRate = createPostRate({ database })
  cleanUp(t, () => postRate.close())
  for (const title of ['One', 'Two']) await postRate.posts.create({ title, content: 'Text', createdBy: 'author' })
  return { postRate, database }
}

async function isRejected(t: ExecutionContext, work: Promise<unknown>, constraint: string | null): Promise<void> {
  const error = await t.throwsAsync(work)
  if (!isPostRateError(error)) return t.fail(`Not the library's: ${error}`)
  t.deepEqual([error.code, error.constraint], ['REJECTED', constraint])
  t.truthy(error.cause)
  if (constraint !== null) t.true(error.message.includes(constraint))
}
