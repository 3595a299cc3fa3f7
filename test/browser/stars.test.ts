import type { AddressInfo } from 'node:net'
import { createRouter, type RouterOptions } from '@post-rate/express'
import test, { type ExecutionContext } from 'ava'
import express from 'express'
import { PostRateError, type ShownStats } from 'post-rate'
import { demoPage } from '../../packages/cli/src/demo/page.ts'
import { cleanUp } from '../helpers/clean-up.ts'
import { eventually } from '../helpers/eventually.ts'
import { needs } from '../helpers/requires.ts'
import { FakePostRate } from '../http/fake-post-rate.ts'
import { fannedPost, raid, startModeration } from '../http/moderation-host.ts'
import { historyCases } from './history.ts'
import { isAccessible, type OpenPage, openBrowser, picture } from './open-browser.ts'

const withChromium = needs('chromium').serial
/** The browser tells its console of every refused request. */
const refusals = { mayComplainAbout: /Failed to load resource/ }

const inFiveMinutes = new Date(Date.now() + 300_000).toISOString()

/** Runs in the page. */
const focused = "document.querySelector('post-rate-stars').shadowRoot.activeElement"

let openPage: OpenPage

test.before(async (t) => {
  openPage = await openBrowser(t)
})

withChromium('by keyboard alone: into the group, through it, to 0, and back out of it', async (t) => {
  const { url, postRate } = await startPage(t)
  const page = await openPage(t)
  await page.goto(url)
  await page.getByText('the first rating shows at once').waitFor()
  await page.keyboard.press('Tab')
  for (const key of ['Space', 'ArrowRight', 'ArrowRight', 'ArrowRight']) await page.keyboard.press(key)
  t.is(await page.evaluate(`getComputedStyle(${focused}.parentElement).outlineStyle`), 'solid')
  await page.getByText('You gave 3 of 5.').waitFor()
  await page.getByText('1 rating', { exact: true }).waitFor()
  t.deepEqual(
    [...postRate.scores.values()].map(({ score }) => score),
    [3],
  )
  t.is(postRate.calls.filter((call) => call === 'rate').length, 1, 'the scores in between were not sent')
  for (const key of ['ArrowLeft', 'ArrowLeft', 'ArrowLeft']) await page.keyboard.press(key)
  await eventually(async () => [...postRate.scores.values()].some(({ score }) => score === 0))
  t.true(await page.getByRole('radio', { name: '0 stars' }).isChecked())
  await page.keyboard.press('Tab')
  await page.keyboard.press('Enter')
  await page.getByText('Taken back.').waitFor()
  await eventually(async () => postRate.scores.size === 0)
  t.false(await page.getByRole('button', { name: 'Take back' }).isVisible())
  // Whoever took back is among the stars again, not at the top of the page.
  t.is(await page.evaluate(`${focused}.value`), '0')
})

withChromium('what a screen reader is told', async (t) => {
  const { url, postRate } = await startPage(t)
  for (const [user, score] of ['me', 'ada', 'ben'].map((user, n) => [user, 3 + n] as const))
    await postRate.ratings.rate({ postId: 1, userId: user, score })
  const page = await openPage(t)
  await page.goto(url)
  await page.getByText('3 ratings').waitFor()
  t.is(
    (await page.locator('main').ariaSnapshot()).trim(),
    `- main:
  - heading "Stars" [level=1]
  - group "Ratings":
    - paragraph:
      - strong: "4.00"
      - text: of 5 · 3 ratings
    - table "Ratings by score":
      - caption: Ratings by score
      - rowgroup:
${[5, 4, 3, 2, 1, 0].map((score) => snapshotRow(score, score > 2 ? 1 : 0)).join('\n')}
    - paragraph: shows every rating at once
  - group "Your rating":
    - text: Your rating
    - radio "0 stars"
    - text: 0 stars
    - radio "1 star"
    - text: 1 star
    - radio "2 stars"
    - text: 2 stars
    - radio "3 stars" [checked]
    - text: 3 stars
    - radio "4 stars"
    - text: 4 stars
    - radio "5 stars"
    - text: 5 stars
  - button "Take back"
  - status`,
  )
  await page.getByRole('radio', { name: '5 stars' }).check()
  t.is(await page.getByRole('status').textContent(), 'You gave 5 of 5.')
})

function snapshotRow(score: number, count: number): string {
  return `        - row "${score} ${count}":
          - rowheader "${score}"
          - cell
          - cell "${count}"`
}

withChromium('a bar of none shows nothing, one of few among many a sliver', async (t) => {
  const { url, postRate } = await startPage(t)
  postRate.shown.set(1, { count: 100_001, average: 5, histogram: [0, 0, 0, 0, 1, 100_000] })
  const page = await openPage(t)
  await page.goto(url)
  await page.getByText('100,001 ratings').waitFor()
  const widths =
    "[...document.querySelector('post-rate-stars').shadowRoot.querySelectorAll('.bar span')].map((bar) => bar.clientWidth)"
  const drawn = () => page.evaluate<number[]>(widths)
  await eventually(async () => (await drawn())[1] === 1)
  t.deepEqual((await drawn()).slice(1), [1, 0, 0, 0, 0])
})

withChromium('a rating that is refused is taken back, and the reader is told why', async (t) => {
  const { url, postRate } = await startPage(t)
  await postRate.ratings.rate({ postId: 1, userId: 'me', score: 2 })
  // Otherwise the element asks again after a rating, and is told at some moment below that nobody is signed in.
  postRate.shown.set(1, { nextUpdateAt: inFiveMinutes })
  const page = await openPage(t, refusals)
  await page.goto(url)
  const chosen = page.locator('input:checked')
  await eventually(async () => (await chosen.count()) === 1)
  postRate.failure = new PostRateError('UNAVAILABLE', 'no database')
  await page.getByRole('radio', { name: '5 stars' }).check()
  t.is(await chosen.inputValue(), '5', 'shown before the server has said anything')
  await page.getByRole('status').filter({ hasText: 'Not saved:' }).waitFor()
  t.regex((await page.getByRole('status').textContent()) ?? '', /^Not saved: .+ Your rating is still 2 of 5\.$/)
  t.is(await chosen.inputValue(), '2')
  postRate.failure = null
  await page.getByRole('radio', { name: '4 stars' }).check()
  await eventually(async () => [...postRate.scores.values()].some(({ score }) => score === 4))
  t.is(await page.getByRole('status').textContent(), 'You gave 4 of 5.')

  // Without a network it is the same; without a user the page hears of it.
  await page.context().setOffline(true)
  await page.getByRole('button', { name: 'Take back' }).click()
  await page.getByText('Not saved: The server cannot be reached. Your rating is still 4 of 5.').waitFor()
  await page.context().setOffline(false)
  await page.evaluate(
    "addEventListener('post-rate-sign-in', ({ detail }) => { document.title = 'who rates ' + detail.postId })",
  )
  await page.context().addCookies([{ name: 'user', value: '', url }])
  await page.getByRole('radio', { name: '1 star' }).check()
  await page.getByText('please log in').waitFor()
  t.is(await page.title(), 'who rates 1')
  t.is(await chosen.inputValue(), '4')
})

withChromium('counts down to nextUpdateAt, asks then, and not before', async (t) => {
  const { url, postRate } = await startPage(t)
  const until = (seconds: number) => new Date(Date.now() + 1000 * seconds).toISOString()
  const figures = { count: 60, average: 4.5, histogram: [0, 0, 0, 0, 30, 30] } satisfies Partial<ShownStats>
  const promised = until(9)
  postRate.shown.set(1, { ...figures, nextUpdateAt: promised })
  const page = await openPage(t)
  await page.goto(url)
  await page.getByText(/^updates in 0:0[1-9]$/).waitFor()
  postRate.shown.set(1, { ...figures, count: 61, nextUpdateAt: until(205) })
  await page.getByRole('radio', { name: '5 stars' }).check()
  await eventually(async () => postRate.calls.includes('rate'))
  const asked = () => postRate.calls.filter((call) => call === 'get').length
  t.is(asked(), 1)
  t.true(await page.getByText('60 ratings').isVisible(), 'the own rating shows with all others')
  await page.getByText('61 ratings').waitFor()
  // The page knows the server's clock to the second.
  t.true(Date.now() > Date.parse(promised) - 600, 'it did not ask before')
  await page.getByText(/^updates in 3:[0-2]\d$/).waitFor()
  t.is(asked(), 2)
})

withChromium('an answer that was under way while the reader rated does not undo the rating', async (t) => {
  const { url, postRate } = await startPage(t)
  const soon = new Date(Date.now() + 5000).toISOString()
  postRate.shown.set(1, { nextUpdateAt: soon })
  const page = await openPage(t)
  await page.goto(url)
  await page.getByText(/^updates in/).waitFor()
  let late = () => {}
  await page.route('**/posts/1', async (route) => {
    const response = await route.fetch()
    await new Promise<void>((resolve) => {
      late = resolve
    })
    await route.fulfill({ response })
  })
  await page.waitForRequest('**/posts/1')
  await page.getByRole('radio', { name: '4 stars' }).check()
  await eventually(async () => postRate.scores.size === 1)
  postRate.shown.set(1, { nextUpdateAt: null })
  late()
  await page.waitForResponse('**/posts/1')
  await page.waitForTimeout(100)
  t.is(await page.locator('input:checked').inputValue(), '4')
})

withChromium('turned to another post, what was chosen before goes to the post before', async (t) => {
  const { url, postRate } = await startPage(t)
  postRate.seed(1)
  const page = await openPage(t)
  await page.goto(url)
  await page.getByText('the first rating shows at once').waitFor()
  await page.getByRole('radio', { name: '4 stars' }).check()
  await page.evaluate("document.querySelector('post-rate-stars').setAttribute('post-id', '2')")
  await eventually(async () => postRate.scores.size === 1)
  t.deepEqual([...postRate.scores.keys()], ['1 me'])
  t.is(await page.locator('input:checked').count(), 0)
})

withChromium('every state, in the light, in the dark and on a phone: it fits, and axe finds nothing', async (t) => {
  t.timeout(120_000)
  const { url, postRate } = await startPage(t, Object.keys(states).length)
  for (const [n, stats] of Object.values(states).entries()) postRate.shown.set(n + 1, stats)
  await postRate.ratings.rate({ postId: 1, userId: 'me', score: 4 })
  for (const [look, options] of Object.entries(looks)) {
    const page = await openPage(t, { ...refusals, ...options })
    await page.goto(url)
    await page.getByText('This post is no longer here.').waitFor()
    await page.getByText('Last 30 days: 3.90 · 41 ratings').first().waitFor()
    await page.getByText('An average is shown from 10 ratings on.').waitFor()
    await page
      .getByText(/^Unusually many ratings since .+\. All of them count; the average follows slowly\.$/)
      .waitFor()
    await picture(page, `stars-${look}`)
    await isAccessible(t, page, look)
    const width = page.viewportSize()?.width ?? 0
    t.true((await page.evaluate<number>('document.documentElement.scrollWidth')) <= width, `${look} scrolls sideways`)
    const box = await page.locator('input').first().boundingBox()
    t.true((box?.width ?? 0) >= 32 && (box?.height ?? 0) >= 40, `${look}: a star is large enough to hit`)
  }
  const page = await openPage(t, { viewport: { width: 390, height: 844 } })
  for (const colorScheme of ['light', 'dark'] as const) {
    await page.emulateMedia({ colorScheme })
    await page.goto(`${url}api/docs`)
    await picture(page, `docs-${colorScheme}`, { fullPage: false })
    await isAccessible(t, page, `docs, ${colorScheme}`)
  }
  await page.setViewportSize({ width: 1200, height: 900 })
  await picture(page, 'docs-desk', { fullPage: false })
})

const looks = {
  light: { viewport: { width: 1000, height: 800 } },
  dark: { viewport: { width: 1000, height: 800 }, colorScheme: 'dark' },
  phone: { viewport: { width: 390, height: 844 }, deviceScaleFactor: 2, hasTouch: true, isMobile: true },
} as const

const states: Record<string, Partial<ShownStats>> = {
  rated: {
    ...{ count: 1250, average: 4.1234, histogram: [10, 20, 40, 180, 500, 500], nextUpdateAt: inFiveMinutes },
    recent: { days: 30, count: 41, average: 3.9 },
  },
  held: {
    ...{ count: 560, average: 4.43, histogram: [500, 0, 0, 0, 30, 30], nextUpdateAt: inFiveMinutes },
    guard: { state: 'damped', gap: 3.95, since: new Date(Date.now() - 1_800_000).toISOString() },
  },
  few: {
    ...{ count: 3, average: null, histogram: [0, 0, 1, 1, 1, 0], nextUpdateAt: inFiveMinutes },
    withheld: { reason: 'few-ratings', minCount: 10 },
  },
  unrated: {},
}

withChromium('the page of dev: say who you are, rate, and axe finds nothing', async (t) => {
  const { url, postRate } = await startPage(t, Object.keys(states).length)
  for (const [n, stats] of Object.values(states).entries()) postRate.shown.set(n + 1, stats)
  const page = await openPage(t, { ...refusals, viewport: { width: 1000, height: 800 } })
  await page.goto(`${url}dev/`)
  const first = page.getByRole('article').filter({ hasText: 'Post 4' })
  await first.getByRole('radio', { name: '3 stars' }).check()
  await first.getByText('please log in').waitFor()
  await page.keyboard.type('me')
  await page.keyboard.press('Enter')
  await first.getByRole('radio', { name: '3 stars' }).and(page.locator(':not(:checked)')).check()
  await eventually(async () => postRate.scores.size === 1)
  await page.reload()
  await first.locator('input:checked').waitFor()
  await picture(page, 'dev')
  await isAccessible(t, page, 'dev')
})

withChromium(
  'the moderation console: a raid is previewed, excluded and restored by keyboard, and fits a phone',
  async (t) => {
    t.timeout(120_000)
    const { postRate, port } = await startModeration(t, { moderatorOf: () => 'ada' })
    const url = `http://127.0.0.1:${port}/moderation`
    const postId = await fannedPost(postRate, 'Bread', 40)
    const page = await openPage(t, { ...refusals, viewport: { width: 1100, height: 900 } })
    await page.goto(url)
    await page.getByText('No incident is open.').waitFor()
    await raid(postRate, postId, 90)

    // It comes by itself.
    const card = page.getByRole('article', { name: 'Bread' })
    await card.getByText('90 arrivals').waitFor()
    await page.getByRole('heading', { name: 'Open incidents (1)' }).waitFor()
    await picture(page, 'moderation-open')
    await isAccessible(t, page, 'an open incident')
    await card.getByText('The same as a table').click()
    const cells = await card.locator('.chart td').allTextContents()
    t.is(
      cells.filter((_, n) => n % 7 === 0).reduce((sum, cell) => sum + Number(cell), 0),
      83,
    )
    await card.getByText('The same as a table').click()

    const reason = card.getByLabel('Reason')
    await reason.focus()
    await page.keyboard.type('a raid')
    await page.keyboard.press('Tab')
    await page.keyboard.press('Enter')
    await card.getByText('90 ratings would stop counting.').waitFor()
    t.deepEqual(await card.locator('.effects td').allTextContents(), [
      '',
      '130',
      '40',
      '1.44',
      '4.50',
      '1.514',
      '4.100',
    ])
    await picture(page, 'moderation-preview')
    await isAccessible(t, page, 'a preview')
    t.is((await postRate.moderation.list()).length, 0)
    t.is(await page.evaluate('document.activeElement.textContent'), 'Confirm: do not count them')
    await page.keyboard.press('Enter')
    await page.getByRole('status').getByText('90 ratings on post 1 no longer count.').waitFor()
    await page.getByText('No incident is open.').waitFor()
    t.like((await postRate.incidents.list()).items[0], { state: 'excluded', decidedBy: 'ada', reason: 'a raid' })

    const exclusions = page.getByRole('region', { name: 'Excluded periods' })
    await exclusions.getByText('Restore the ratings of post 1').focus()
    await page.keyboard.press('Enter')
    await exclusions.getByLabel('Reason').fill('it was the news')
    await page.keyboard.press('Enter')
    await exclusions.getByRole('button', { name: 'Confirm: count them again' }).press('Enter')
    await exclusions.getByText('Restored by ada').waitFor()
    t.is((await postRate.moderation.list())[0]?.restored, 90)

    const users = page.getByRole('region', { name: 'Excluded users' })
    await users.getByText('Exclude users').click()
    await users.getByLabel('User ids, one a line').fill('raider0\nraider1')
    await users.getByLabel('Reason').fill('two of them')
    await page.keyboard.press('Enter')
    await users.getByText('2 ratings of 2 users on 1 post stop counting').waitFor()
    await page.keyboard.press('Enter')
    await users.getByText('raider1', { exact: true }).waitFor()
    await page.getByRole('region', { name: 'Audit trail' }).getByText('moderate exclude-user: 2 users').waitFor()

    await page.getByLabel('Post id').fill('1')
    await page.keyboard.press('Enter')
    const found = page.getByRole('region', { name: 'Post', exact: true })
    await found.getByText('Bread (post 1)').waitFor()
    await found.locator('.items summary').first().click()
    await found.getByText(/^Not counted, decided by ada .* the ratings count again\.$/).waitFor()
    await found.getByText('Exclude a period of its ratings').click()
    await picture(page, 'moderation-decided')
    await isAccessible(t, page, 'decided')
    await page.getByLabel('Post id').fill('99')
    await page.keyboard.press('Enter')
    await found.getByText('There is no post with this id.').waitFor()

    await raid(
      postRate,
      await fannedPost(postRate, 'A cake with a title that is rather long for a phone', 20),
      300,
      'mob',
    )
    for (const colorScheme of ['light', 'dark'] as const) {
      const phone = await openPage(t, {
        viewport: { width: 360, height: 740 },
        deviceScaleFactor: 2,
        isMobile: true,
        hasTouch: true,
        colorScheme,
      })
      await phone.goto(`${url}/`)
      await phone.getByRole('article').getByText('300 arrivals').waitFor()
      await phone.getByText('moderate exclude-user').waitFor()
      await phone.getByText('The same as a table').click()
      await phone.getByRole('article').getByLabel('Reason').fill('a raid')
      await phone.getByRole('button', { name: 'Do not count them' }).tap()
      await phone.getByRole('button', { name: 'Confirm: do not count them' }).waitFor()
      await picture(phone, `moderation-phone-${colorScheme}`)
      await isAccessible(t, phone, `phone, ${colorScheme}`)
      t.is(await phone.evaluate('document.documentElement.scrollWidth'), 360, 'it scrolls sideways')
    }
  },
)

historyCases(withChromium, () => ({ start: (t, main) => startPage(t, 1, main), open: openPage, looks }))

/** A host with a strict Content-Security-Policy, which allows no inline style, and a page with an element per post. */
async function startPage(t: ExecutionContext, posts = 1, main = elementsOf(posts)) {
  const postRate = new FakePostRate()
  postRate.seed(posts)
  const app = express()
  app.use((_req, res, next) => {
    res.set(
      'Content-Security-Policy',
      "default-src 'none'; script-src 'self'; style-src 'self'; connect-src 'self'; img-src data:",
    )
    next()
  })
  for (const prefix of ['/api', '/dev/api'])
    app.use(
      prefix,
      createRouter({
        postRate: postRate as unknown as RouterOptions['postRate'],
        getUser: (req) => (/user=(?!;|$)/.test(req.get('cookie') ?? '') ? 'me' : null),
      }),
    )
  app.get('/dev', demoPage)
  app.get('/page.css', (_req, res) => {
    res
      .type('css')
      .send('body { max-width: 22rem; margin: 1rem; background: Canvas; color: CanvasText; font-family: sans-serif }')
  })
  app.get('/', (_req, res) => {
    res.cookie('user', 'me').send(pageOf(main))
  })
  const server = app.listen(0, '127.0.0.1')
  cleanUp(t, () => new Promise((resolve) => server.close(resolve)))
  await new Promise((resolve) => server.once('listening', resolve))
  return { url: `http://127.0.0.1:${(server.address() as AddressInfo).port}/`, postRate }
}

/** With more than one post also the states that no post is in. */
function elementsOf(posts: number): string {
  const elements = Array.from({ length: posts }, (_, n) => `<post-rate-stars post-id="${n + 1}"></post-rate-stars>`)
  if (posts > 1)
    elements.push(
      '<post-rate-stars post-id="1" signed-out><a slot="sign-in" href="/login">Log in to rate</a></post-rate-stars>',
      '<post-rate-stars post-id="99"></post-rate-stars>',
    )
  return elements.join('<hr>')
}

function pageOf(main: string): string {
  return `<!doctype html>
<html lang="en">
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<meta name="color-scheme" content="light dark">
<title>Stars</title>
<link rel="icon" href="data:,">
<link rel="stylesheet" href="/page.css">
<script type="module" src="/api/stars.js"></script>
<script type="module" src="/api/history.js"></script>
<main><h1>Stars</h1>${main}</main>
</html>`
}
