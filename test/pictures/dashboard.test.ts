import { fileURLToPath } from 'node:url'
import test from 'ava'
import { createPostRate } from 'post-rate'
import { type OpenPage, openBrowser } from '../browser/open-browser.ts'
import { keepRating } from '../cli/tui/keep-rating.ts'
import { openTerminal } from '../cli/tui/terminal.ts'
import { needs } from '../helpers/requires.ts'
import { runSql, testDatabase } from '../helpers/test-database.ts'
import { livelyDeployment } from './deployment.ts'
import { openCamera } from './open-camera.ts'

const withAll = needs('postgres', 'redis', 'kafka', 'tmux', 'chromium').serial
const tui = `node ${fileURLToPath(new URL('../../bin/post-rate.js', import.meta.url))} tui`
const sizes = [
  [80, 24],
  [160, 45],
] as const

const newestRatings = /latest ratings, UTC[\s\S]*\d\d:\d\d:\d\d +[0-5] \S/

let openPage: OpenPage

test.before(async (t) => {
  openPage = await openBrowser(t)
})

withAll('every tab of the dashboard, in two sizes, and one without colours', async (t) => {
  t.timeout(300_000)
  const take = await openCamera(t, openPage)
  const { env, database, postRate, posts, raided } = await livelyDeployment(t)
  keepRating(t, postRate, posts)
  for (const [columns, rows] of sizes) {
    const terminal = await openTerminal(t, tui, env)
    const { keys, shows } = terminal
    const takeTab = (tab: string) => take(`tui-${columns}x${rows}-${tab}`, terminal)
    await terminal.resize(columns, rows)
    await shows(/Ratings +[1-9]\d+\/s +[▁▂▃▄▅▆▇█]{8}/, 'Nothing needs attention')
    await takeTab('1-overview')
    await runSql(database, "update post_rate.post_stats set counts = '{9,0,0,0,0,0}' where post_id in (7, 9)")
    await keys('v')
    await shows('2 posts drift')
    await takeTab('1-overview-drift')
    await keys('2')
    await shows(/▶ \d/)
    await keys('jj')
    await shows(/▶ \d+ .*שלום/, newestRatings)
    await takeTab('2-posts')
    await keys('3')
    await shows('rebuilds, after a question')
    await takeTab('3-rebuild')
    await keys('r')
    await shows('Rebuild all posts?')
    await takeTab('3-rebuild-question')
    await keys('y')
    await shows(/░ +\d\d %/)
    await takeTab('3-rebuild-running')
    await shows(/✓ \d .*repaired/)
    await takeTab('3-rebuild-result')
    await keys('4')
    await shows(`▶ ${raided}`)
    await takeTab('4-guard')
    await keys('x')
    await shows('Let the average')
    await takeTab('4-guard-question')
    await keys('n')
    await shows('x release')
    await keys('5')
    await shows('From a rating to its readers')
    await takeTab('5-pipeline')
    await keys('6')
    await shows('Rebuild begins')
    await takeTab('6-log')
    await keys('?')
    await shows('any key goes back')
    await takeTab('help')
    await keys('q')
    await shows('Rebuild begins')
    await keys('q')
    await shows('exit code 0')
  }
  const plain = await openTerminal(t, tui, { ...env, NO_COLOR: '1' })
  await plain.shows(/Ratings +[1-9]/, 'Nothing needs attention')
  await take('tui-80x24-no-color', plain)
  await plain.keys('2')
  await plain.shows('▶', newestRatings)
  await take('tui-80x24-no-color-posts', plain)
})

withAll('the dashboard where Redis, Kafka and the relay are away', async (t) => {
  const take = await openCamera(t, openPage)
  const env = {
    DATABASE_URL: await testDatabase(t),
    REDIS_URL: 'redis://127.0.0.1:1',
    KAFKA_BROKERS: '127.0.0.1:1',
  }
  const postRate = createPostRate({ database: env.DATABASE_URL })
  t.teardown(() => postRate.close())
  const { id: postId } = await postRate.posts.create({ title: 'First', content: 'Text', createdBy: 'ada' })
  await postRate.ratings.rate({ postId, userId: 'ben', score: 4 })
  const terminal = await openTerminal(t, tui, env)
  await terminal.shows(/Redis +✗/, /Kafka +✗/, 'No relay runs')
  for (const [tab, name] of [
    ['1', 'overview'],
    ['5', 'pipeline'],
    ['6', 'log'],
  ] as const) {
    await terminal.keys(tab)
    await terminal.shows(`[${tab} `)
    await take(`tui-trouble-${tab}-${name}`, terminal)
  }
})
