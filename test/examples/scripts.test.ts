import test from 'ava'
import { withPostgres } from '../helpers/requires.ts'
import { testDatabase } from '../helpers/test-database.ts'
import { startExample } from './start-example.ts'

withPostgres('the library alone rates, lists and withdraws', async (t) => {
  const example = startExample(t, 'library-only/main.js', { DATABASE_URL: await testDatabase(t, { migrated: false }) })
  t.is(await example.ended, 0, example.stderr())
  const lines = example.stdout().trimEnd().split('\n')
  t.deepEqual(lines.slice(0, 5), [
    'post 1: made',
    'ada rates 5 (before: nothing)',
    'ben rates 3 (before: nothing)',
    'cleo rates 0 (before: nothing)',
    'ben rates 4 (before: 3)',
  ])
  // Whether the first rating alone is shown, or all of them, depends on whether a window ended in between.
  t.regex(lines[5] ?? '', /^ben sees: own score 4, average (5 of 1|3 of 3)$/)
  t.regex(lines[6] ?? '', /^the average holds until \d{4}-/)
  t.is(lines[7], 'cleo withdraws: live average 4.5 of 2')
  t.is(example.stderr(), '')
})

for (const [file, variable] of [
  ['library-only/main.js', 'DATABASE_URL'],
  ['replaced-port/main.ts', 'DATABASE_URL'],
  ['express-4/main.js', 'DATABASE_URL'],
  ['fastify/main.js', 'DATABASE_URL'],
  ['topic-consumer/main.js', 'KAFKA_BROKERS'],
] as const)
  test(`${file} says that ${variable} is missing`, async (t) => {
    const example = startExample(t, file)
    t.is(await example.ended, 3)
    t.regex(example.stderr(), new RegExp(`^${variable} is missing`))
    t.is(example.stdout(), '')
  })
