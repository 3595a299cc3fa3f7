import type { Row } from './row.ts'
import type { StoreStage } from './store-stage.ts'

type StoreRow = Row<StoreStage>

/** What readers saw of post 1 before anybody tampered. */
const truth = 'readers see 2 ratings'

export const storeRows: readonly StoreRow[] = [
  // 41: rows outside the domain
  ...(
    [
      ["insert into post_rate.ratings (post_id, user_id, score) values (1, 'sql', 99)", 'score 99 by SQL'],
      ["insert into post_rate.ratings (post_id, user_id, score) values (1, 'sql', -1)", 'score -1 by SQL'],
      ["insert into post_rate.ratings (post_id, user_id, score) values (1, 'sql', null)", 'score null by SQL'],
      [
        "insert into post_rate.ratings (post_id, user_id, score) values (1, E'a\\nb', 1)",
        'a user with a newline by SQL',
      ],
      [
        "insert into post_rate.ratings (post_id, user_id, score) values (1, repeat('x', 256), 1)",
        'a user of 256 characters by SQL',
      ],
      ["insert into post_rate.ratings (post_id, user_id, score) values (999, 'sql', 1)", 'a rating of no post by SQL'],
      [
        "insert into post_rate.posts (title, content, created_by) values (repeat('x', 1048576), 'c', 'a')",
        'a title of 1 MB by SQL',
      ],
      ["update post_rate.ratings set score = 6 where user_id = 'ada'", 'an update to score 6 by SQL'],
      ['truncate post_rate.ratings', 'truncate ratings'],
    ] as const
  ).map(
    ([statement, input]): StoreRow => ({
      number: input.includes('1 MB') ? 33 : 41,
      where: 'database',
      input,
      expected: `refused by the database; ${truth}`,
      check: async (stage) => {
        const outcome = await stage.sql(statement).then(
          () => 'taken',
          () => 'refused by the database',
        )
        return `${outcome}; ${await seen(stage)}`
      },
    }),
  ),

  // 39: a hash that somebody changed
  ...(
    [
      ['a count that is no number', ['HSET', 'count', 'abc']],
      ['a negative count', ['HSET', 'h3', '-1']],
      ['a version of 9e18', ['HSET', 'version', '9000000000000000000']],
      ['a version far ahead, whole otherwise', ['HSET', 'version', '9007199254740991']],
      ['a missing field', ['HDEL', 'h3']],
      ['an extra field', ['HSET', 'note', '\u001b[2J']],
      ['a histogram that adds up to something else', ['HSET', 's5', '1000']],
      ['1 MB in a field', ['HSET', 'guard', 'x'.repeat(2 ** 20)]],
      ['a string in its place', ['SET']],
      ['no key', ['DEL']],
    ] as const
  ).map(
    ([input, [command, ...values]]): StoreRow => ({
      number: 39,
      where: 'Redis',
      input: `the hash of a post with ${input}`,
      expected: `${truth}; healed`,
      check: async (stage) => {
        const key = stage.key(1)
        if (command === 'DEL' || command === 'SET') await stage.redis.del(key)
        if (command === 'SET') await stage.redis.set(key, 'oops')
        else if (command !== 'DEL') await stage.redis.call(command, key, ...values)
        const before = await seen(stage)
        await stage.compare()
        const copy = await stage.redis.hgetall(key).catch(() => ({}) as Record<string, string>)
        const { drift } = await stage.postRate.stats.verify({ wait: 10 })
        return `${before}; ${copy.count === '2' && drift.length === 0 ? 'healed' : JSON.stringify([copy, drift])}`
      },
    }),
  ),
  {
    number: 40,
    where: 'Redis',
    input: 'keys {x}, {1}{2}, {01}, {*}, {1 beside the posts, and of other prefixes',
    expected: `${truth}; left alone`,
    check: async (stage) => {
      const odd = ['{x}', '{1}{2}', '{01}', '{*}', '{1', 'limit:user:{1}', '{}'].map((rest) => stage.prefix + rest)
      for (const key of odd) await stage.redis.set(key, 'theirs')
      await stage.compare()
      const values = await stage.redis.mget(odd)
      return `${await seen(stage)}; ${values.every((value) => value === 'theirs') ? 'left alone' : values}`
    },
  },
  {
    number: 40,
    where: 'Redis',
    input: 'ids 1}{2, *, newline, 1.5, 2^53 to the library',
    expected: 'all INVALID_INPUT, no key',
    check: async ({ postRate, redis, prefix }) => {
      const before = (await redis.keys(`${prefix}*`)).length
      const ids = ['1}{2', '*', '1\n', 1.5, 2 ** 53, -1, null, {}, Number.NaN] as number[]
      const codes = await Promise.all(ids.map((id) => postRate.posts.get(id).catch(({ code }) => code)))
      const after = (await redis.keys(`${prefix}*`)).length
      return codes.every((code) => code === 'INVALID_INPUT') && before === after
        ? 'all INVALID_INPUT, no key'
        : `${codes}`
    },
  },
]

async function seen({ postRate }: StoreStage): Promise<string> {
  const { stats } = await postRate.posts.get(1)
  return `readers see ${stats.count} ratings`
}
