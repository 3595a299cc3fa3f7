import type { Message } from 'kafkajs'
import type { Row } from './row.ts'
import type { Published, TopicStage } from './topic-stage.ts'

type TopicRow = Row<TopicStage>

const megabyte = 2 ** 20
const flat = 64 * megabyte

export const topicRows: readonly TopicRow[] = [
  poison(36, 'random bytes', () => [{ key: '1', value: Buffer.from([0xff, 0xfe, 0, 1]) }]),
  poison(36, 'no value', () => [{ key: '1', value: null }]),
  poison(36, 'no key', ({ value }) => [{ key: null, value: JSON.stringify(value) }]),
  poison(36, 'the key of another post', ({ value }) => [{ key: '2', value: JSON.stringify(value) }]),
  poison(36, 'null, 7, "x", [] as JSON', () => ['null', '7', '"x"', '[]'].map((text) => ({ key: '1', value: text }))),
  poison(36, 'depth 30,000', () => [{ key: '1', value: '['.repeat(30_000) + ']'.repeat(30_000) }]),
  spoiled('another database as its source', { source: 'another' }),
  spoiled('version 9e18', { version: 9e18 }),
  spoiled('version -1', { version: -1 }),
  spoiled('version "9"', { version: '9' }),
  spoiled('a version of the far future', { version: 2 ** 52 }),
  spoiled('a negative count', { version: 1000, counts: [-1, 0, 0, 0, 0, 0] }),
  spoiled('seven counts', { version: 1000, counts: [0, 0, 0, 0, 0, 0, 9] }),
  spoiled('a histogram that does not add up', { version: 1000, displayed: { count: 99 } }),
  spoiled('an average of 9', { version: 1000, displayed: { average: 9 } }),
  spoiled('times that are none', { version: 1000, displayed: { asOf: 'yesterday' } }),
  spoiled('an unknown kind', { version: 1000, kind: '__proto__' }),
  spoiled('schema 0', { version: 1000, schema: 0 }),
  // 37: posts that are not there
  about('a post that never was', () => 999_999_999),
  about('a deleted post', ({ deleted }) => deleted),
  // 40: what would be another key
  ...['1}{2', '*', '1\n', '__proto__', '-1', '1.5', ''].map((id) =>
    poison(40, `the post id ${JSON.stringify(id)}`, ({ value }) => [
      { key: id, value: JSON.stringify({ ...value, postId: id, version: 1000 }) },
    ]),
  ),
  // 38: large ones
  large('40 messages of 2 MB', ({ value }) =>
    Array.from({ length: 40 }, () => ({
      key: '1',
      value: JSON.stringify({ ...value, userId: 'x'.repeat(2 * megabyte) }),
    })),
  ),
  large('20 times 2,000 headers', ({ value }) =>
    Array.from({ length: 20 }, () => ({
      key: '1',
      value: JSON.stringify(value),
      headers: Object.fromEntries(Array.from({ length: 2000 }, (_, n) => [`header-${n}`, 'x'.repeat(500)])),
    })),
  ),
]

function poison(number: number, input: string, messages: (good: Published, stage: TopicStage) => Message[]): TopicRow {
  return {
    number,
    where: 'topic',
    input,
    expected: 'left behind, Redis as before',
    check: async (stage) => {
      const before = await stage.copies()
      await stage.deliver(messages(stage.good, stage))
      const after = await stage.copies()
      return after === before ? 'left behind, Redis as before' : `Redis has changed from ${before} to ${after}`
    },
  }
}

/** A good message with members that are not. */
function spoiled(input: string, { displayed, ...members }: Record<string, unknown>): TopicRow {
  return poison(36, input, ({ key, value }) => [
    {
      key,
      value: JSON.stringify({ ...value, ...members, displayed: { ...value.displayed, ...(displayed as object) } }),
    },
  ])
}

function about(input: string, postOf: (stage: TopicStage) => number): TopicRow {
  return poison(37, input, ({ value }, stage) => {
    const postId = postOf(stage)
    return [{ key: String(postId), value: JSON.stringify({ ...value, postId, version: 1000 }) }]
  })
}

function large(input: string, messages: (good: Published) => Message[]): TopicRow {
  const row = poison(38, input, messages)
  return {
    ...row,
    expected: 'left behind, Redis as before, memory flat',
    check: async (stage) => {
      const before = await stage.memory()
      const outcome = await row.check(stage)
      const grown = (await stage.memory()) - before
      return `${outcome}, ${grown < flat ? 'memory flat' : `memory grew by ${Math.round(grown / megabyte)} MB`}`
    },
  }
}
