import { fileURLToPath } from 'node:url'
import { createPostRate } from 'post-rate'
import { needs, withTmux } from '../helpers/requires.ts'
import { runSql, testDatabase } from '../helpers/test-database.ts'
import { testRedis } from '../helpers/test-redis.ts'
import { testTopic } from '../helpers/test-topic.ts'
import { openTerminal } from './tui/terminal.ts'

const script = fileURLToPath(new URL('tui/run-fake.ts', import.meta.url))
const launcher = fileURLToPath(new URL('../../bin/post-rate.js', import.meta.url))

withTmux('in a real terminal: every view at 80x24, resizing, and the terminal as it was after q', async (t) => {
  const terminal = await openTerminal(t, `node --import=tsx --conditions=post-rate-source ${script}`)
  const { keys, shows, resize } = terminal

  const overview = await shows('[1 Overview]', 'p5    ████', 'api-1:4711', 'Nothing needs attention')
  t.true(overview.split('\n').every((line) => line.length <= 80))
  t.regex(overview, /^ shop +\[1 Overview\]/, 'no half of a server')
  t.regex(overview, /^╭─ Activity ─+╮╭─ Dependencies ─+╮$/m)
  await keys('2')
  await shows('▶ 40', 'evil\\x1b[2J', / x{34}… │/, 'next change in')
  await keys('j')
  await shows('▶ 39', 'Post 39', /3 excl\. rater-1 +│$/m)
  const posts = await shows(/^│ next change in [^│]+│\n╰─+╯$/m)
  t.is(posts.match(/ rater-\d/g)?.length, 5, 'six ratings, one of them of a user with a hostile name')
  await resize(120, 30)
  await shows(/╮╭─ Post 39 ─/, /2026-05-0\d \d\d:\d\d:00 3 excluded rater-1 +│$/m)
  await resize(160, 30)
  await shows(/ 38 .* x{54}… ││/)
  await resize(50, 12)
  await shows('The dashboard needs 60x16 cells; here are 50x12.')
  await resize(80, 24)
  await keys('r')
  await shows('Rebuild all posts?')
  await keys('y')
  await shows(/█░+ +\d+ %/)
  await shows('3 of 1,000 posts repaired')
  await keys('q')
  const after = await shows('the dashboard has ended', 'before the dashboard')
  t.false(after.includes('╭'))
  t.is(await terminal.modes(), '0 1')
})

withTmux('in a real terminal: Ctrl-C and SIGTERM leave it as it was', async (t) => {
  const terminal = await openTerminal(t, `node --import=tsx --conditions=post-rate-source ${script}`)
  const { keys, shows, modes, run } = terminal
  await shows('Nothing needs attention')
  await keys('C-c')
  await shows('the dashboard has ended')
  t.is(await modes(), '0 1')
  await run(`clear; node --import=tsx --conditions=post-rate-source ${script}`)
  await shows('Nothing needs attention')
  await terminal.kill('SIGTERM')
  await shows('the dashboard has ended')
  t.is(await modes(), '0 1')
})

needs(
  'tmux',
  'postgres',
  'redis',
  'kafka',
)('`post-rate tui` on real servers shows, verifies and rebuilds', async (t) => {
  const database = await testDatabase(t)
  const redis = testRedis(t)
  const { brokers, topic, group } = testTopic(t)
  const names = { topic, group, redisPrefix: redis.prefix }
  const postRate = createPostRate({ database, redis: redis.url, kafka: { brokers }, ...names })
  t.teardown(() => postRate.close())
  await postRate.start({ relay: true, consumer: true })
  for (const title of ['First', 'Sec\u001b[2Jond', 'Third']) {
    const { id } = await postRate.posts.create({ title, content: 'Text', createdBy: 'ann' })
    for (const score of [1, 4, 5]) await postRate.ratings.rate({ postId: id, userId: `user-${score}`, score })
  }

  const { keys, shows } = await openTerminal(t, `node ${launcher} tui`, {
    DATABASE_URL: database,
    REDIS_URL: redis.url,
    KAFKA_BROKERS: brokers.join(','),
    POST_RATE_TOPIC: topic,
    POST_RATE_GROUP: group,
    POST_RATE_REDIS_PREFIX: redis.prefix,
  })
  await shows(
    /PostgreSQL ● \d/,
    /Kafka +● /,
    /Redis +● \d/,
    /relay:0.* 1 /,
    /Outbox +empty/,
    /p5 +0 /,
    'Nothing needs attention',
  )
  await keys('2')
  const posts = await shows(
    'Third',
    'Sec\\x1b[2Jond',
    'First',
    /5 █+ +1 +5/,
    /next change in \d+:\d\d/,
    /\d +5 user-5 .*\n.* 4 user-4 .*\n.* 1 user-1 /,
  )
  t.regex(posts, /▶ 3 +3 +3\.33 +\d +\d\.\d\d +\d:\d\d +Third/)

  await runSql(database, "update post_rate.post_stats set counts = '{9,0,0,0,0,0}' where post_id = 2")
  await keys('1')
  await keys('v')
  // Redis differs, too, until the reconciler has been there.
  await shows(/1 post drifts \(counts(, differs)?\): 2\. Press r to rebuild\./)
  await keys('r')
  await shows('Rebuild all posts?')
  await keys('y')
  await shows('✓ 1 of 3 posts repaired')
  const [repaired] = await runSql<{ counts: string[] }>(
    database,
    'select counts from post_rate.post_stats where post_id = 2',
  )
  t.deepEqual(repaired?.counts.map(Number), [0, 1, 0, 0, 1, 1])
  await keys('q')
  await shows('before the dashboard', 'exit code 0')
})
