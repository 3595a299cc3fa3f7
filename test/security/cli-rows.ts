import { PassThrough } from 'node:stream'
import { streamLogger } from '../../packages/cli/src/logger.ts'
import type { CliStage } from './cli-stage.ts'
import type { Row } from './row.ts'

type CliRow = Row<CliStage>

export const cliRows: readonly CliRow[] = [
  // 42: configuration
  ...(
    [
      ['POST_RATE_WINDOW_SECONDS', '-5'],
      ['POST_RATE_WINDOW_SECONDS', '1e3'],
      ['POST_RATE_POOL_SIZE', '0'],
      ['POST_RATE_POOL_SIZE', '٣'],
      ['POST_RATE_QUEUE_LIMIT', '-1'],
      ['POST_RATE_PRIOR', '10'],
      ['POST_RATE_PRIOR', '10:9'],
      ['POST_RATE_DISPLAY', 'toString'],
      ['POST_RATE_SCHEMA', 'a"; drop schema public; --'],
      ['POST_RATE_TOPIC', '../x'],
      ['POST_RATE_TOPIC_PARTITIONS', '0'],
      ['POST_RATE_RATE_LIMIT', '0'],
      ['POST_RATE_KAFKA_MECHANISM', 'none'],
      ['POST_RATE_NO_SUCH', '1'],
      ['DATABASE_URL', 'mysql://ada:planted-secret@db/x'],
      ['DATABASE_URL', 'planted-secret'],
      ['REDIS_URL', 'localhost:6379'],
      ['KAFKA_BROKERS', 'ada:planted-secret@kafka:9092'],
    ] as const
  ).map(([name, value]) => refusedSetting(42, `${name}=${value}`, { [name]: value }, name)),
  // 40: what would make keys of others
  ...['{a}', 'a}', 'a\n', '', 'x'.repeat(201)].map((prefix) =>
    prefix === ''
      ? refusedSetting(40, 'an empty prefix in a file', {}, 'redisPrefix', '{"redisPrefix": ""}')
      : refusedSetting(
          40,
          `POST_RATE_REDIS_PREFIX=${prefix}`,
          { POST_RATE_REDIS_PREFIX: prefix },
          'POST_RATE_REDIS_PREFIX',
        ),
  ),
  refusedSetting(42, 'an unknown setting in the file', {}, 'windowSecs', '{"windowSecs": 5}'),
  refusedSetting(
    42,
    'a file that is no JSON',
    {},
    'post-rate.config.json',
    '{"database": "postgres://ada:planted-secret@db/x',
  ),
  refusedSetting(42, 'a file with a list', {}, 'post-rate.config.json', '["planted-secret"]'),
  refusedSetting(42, 'an object in the place of a text', {}, 'topic', '{"topic": {"toString": 1}}'),

  // 43: arguments
  ...[
    ['rate', '; rm -rf /', 'ada', '4'],
    ['rate', '1', 'ada', '$(reboot)'],
    ['rate', '1', 'ada', '4.5'],
    ['rate', '01', 'ada', '4'],
    ['stats', 'show', '9007199254740992'],
    ['stats', 'rebuild', '-1'],
    ['posts', 'list', '--limit', '1e9'],
    ['posts', 'list', '--sort', 'score;DROP'],
    ['settings', 'set', '__proto__', '1'],
    ['settings', 'set', 'toString', '1'],
    ['seed', '--posts', '`reboot`'],
    ['serve', '--port', '99999', '--auth', 'jwt'],
    ['serve', '--auth', 'header:X-User\r\nX: y'],
    ['serve', '--prefix', '/../..', '--auth', 'jwt'],
  ].map((argv) => exits(43, argv.join(' '), argv, 2)),
  exits(43, 'rate a post that does not exist', ['rate', '999', 'ada', '4'], 1),
  exits(43, 'a user of 256 characters', ['rate', '1', 'x'.repeat(256), '4'], 2),
  exits(43, 'a user with a newline', ['rate', '1', 'a\nb', '4'], 2),
  exits(43, 'erase the user *, who is one user', ['users', 'erase', '*', '--json'], 0, '{"userId":"*","erased":0}'),
  exits(43, 'erase the user %', ['users', 'erase', '%', '--json'], 0, '{"userId":"%","erased":0}'),
  exits(43, 'import a file that is a directory', ['import', '.'], 1),
  exits(43, 'import 1 MB without a line end', ['import', '-'], 1, '', 'x'.repeat(2 ** 20)),
  {
    number: 43,
    where: 'CLI',
    input: 'two rebuilds and a verify at once',
    expected: 'done, or told that another one is at work; nothing differs',
    check: async ({ run }) => {
      const all = [
        ['stats', 'verify', '--wait', '5'],
        ['stats', 'rebuild'],
        ['stats', 'rebuild'],
      ]
      const [verify, ...rebuilds] = await Promise.all(all.map((argv) => run(argv)))
      const fine = rebuilds.every(({ code, stderr }) => code === 0 || /at work already/.test(stderr))
      return fine && verify?.code === 0
        ? 'done, or told that another one is at work; nothing differs'
        : JSON.stringify([verify, rebuilds])
    },
  },

  // 31 - 35: text of others on a terminal, in files and in logs
  {
    number: 31,
    where: 'CLI',
    input: 'a title with ESC[2J, OSC 52, DCS, 0x9b, BEL, CR, backspace, bidi, zero-width, 300 combining marks',
    expected: 'every command prints plain text',
    check: async ({ run, postRate }) => {
      const evil = '\u001b[2J\u001b]52;c;eA==\u0007\u001bP+q\u001b\\\u009b31m\r\b\u202e\u2066\u200b\u00ad\u2028'
      await postRate.posts.create({ title: evil, content: evil, createdBy: 'author' })
      await postRate.posts.create({ title: `a${'\u0301'.repeat(299)}`, content: 'Text', createdBy: 'author' })
      const seen = []
      for (const argv of [['posts', 'list'], ['posts', 'list', '--json'], ['stats', 'top'], ['tui'], ['export', '-']])
        seen.push((await run(argv)).stdout)
      // biome-ignore lint/suspicious/noControlCharactersInRegex: what must not be there
      const obeyed = /[\u0000-\u0009\u000b-\u001f\u007f-\u009f\u00ad\u200b-\u200f\u2028-\u202e\u2066-\u2069]/
      return seen.every((text) => text !== '' && !obeyed.test(text))
        ? 'every command prints plain text'
        : JSON.stringify(seen)
    },
  },
  {
    number: 34,
    where: 'CLI',
    input: 'a user =cmd(),"x" in CSV, and in JSON',
    expected: 'the same user again from both',
    check: async ({ run, postRate }) => {
      const user = '=cmd|\' /C calc\'!A0,"x";\u20ac'
      await postRate.ratings.rate({ postId: 1, userId: user, score: 2 })
      const csv = (await run(['export', '-'])).stdout
      const json = (await run(['export', '-', '--format', 'ndjson'])).stdout
      const again = [
        (await run(['import', '-', '--json'], { input: csv })).stdout,
        (await run(['import', '-', '--json'], { input: json })).stdout,
      ].map((text) => JSON.parse(text))
      await postRate.users.erase(user)
      return again.every(({ changed, rejected }) => changed === 0 && rejected === 0)
        ? 'the same user again from both'
        : JSON.stringify(again)
    },
  },
  {
    number: 35,
    where: 'CLI',
    input: 'newline, ANSI, %s and 1 MB into a log line',
    expected: 'one line, escaped, at most 4 KB',
    check: async () => {
      const stream = new PassThrough()
      streamLogger(stream, true).error('a\nb\u001b[2J%s\u202e', { error: 'x'.repeat(2 ** 20) })
      stream.end()
      const text = String(stream.read())
      // biome-ignore lint/suspicious/noControlCharactersInRegex: what must not be there
      const plain = !/[\u0000-\u0009\u000b-\u001f\u007f-\u009f\u202e]/.test(text)
      return plain && text.indexOf('\n') === text.length - 1 && text.length < 4100
        ? 'one line, escaped, at most 4 KB'
        : JSON.stringify(text.slice(0, 200))
    },
  },
  {
    number: 21,
    where: 'CLI',
    input: '1,000 times the same id, and 10,001 ids, to the library',
    expected: '1 of 1,000 equal ones; 10,001 refused',
    check: async ({ postRate }) => {
      const same = await postRate.stats.get(Array<number>(1000).fill(1))
      const refused = await postRate.stats
        .get(Array.from({ length: 10_001 }, (_, n) => n + 1))
        .catch((error) => error.code)
      return `${same.length} of 1,000 equal ones; 10,001 ${refused === 'INVALID_INPUT' ? 'refused' : 'read'}`
    },
  },
]

/** The start is refused with exit code 3, the setting is named, and no secret is repeated. */
function refusedSetting(
  number: number,
  input: string,
  env: Record<string, string>,
  name: string,
  file?: string,
): CliRow {
  return {
    number,
    where: 'configuration',
    input: file === undefined ? input : `${input}: ${file}`,
    expected: `exit 3, names ${name}`,
    check: async ({ run }) => {
      const { code, stdout, stderr } = await run(['stats', 'top'], { env, ...(file === undefined ? {} : { file }) })
      if (/planted-secret/.test(stdout + stderr)) return `exit ${code}, leaks: ${stderr}`
      return `exit ${code}, ${stderr.includes(name) ? `names ${name}` : stderr}`
    },
  }
}

function exits(number: number, input: string, argv: string[], code: number, stdout = '', text?: string): CliRow {
  return {
    number,
    where: 'CLI',
    input,
    expected: `exit ${code} ${stdout}`.trim(),
    check: async ({ run }) => {
      const result = await run(argv, text === undefined ? {} : { input: text })
      const stack = /^\s+at .*:\d+/m.test(result.stderr) ? `, prints a stack: ${result.stderr}` : ''
      return `exit ${result.code} ${result.stdout}`.trim() + stack
    },
  }
}
