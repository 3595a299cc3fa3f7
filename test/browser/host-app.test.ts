import type { AddressInfo } from 'node:net'
import { createRouter } from '@post-rate/express'
import test, { type ExecutionContext } from 'ava'
import express from 'express'
import type { BrowserContextOptions, Locator, Page } from 'playwright-core'
import { createPostRate, type PostRate } from 'post-rate'
import { startExample } from '../examples/start-example.ts'
import { cleanUp } from '../helpers/clean-up.ts'
import { eventually } from '../helpers/eventually.ts'
import { needs } from '../helpers/requires.ts'
import { testDatabase } from '../helpers/test-database.ts'
import { testRedis } from '../helpers/test-redis.ts'
import { isAccessible, type OpenPage, openBrowser, picture } from './open-browser.ts'

const withBrowser = needs('postgres', 'redis', 'chromium').serial

let openBlogPage: OpenPage

test.before(async (t) => {
  openBlogPage = await openBrowser(t)
})

withBrowser('a raid of 500 zeros: the average hardly moves, the page says why, and the ranking stays', async (t) => {
  t.timeout(120_000)
  const { url, postRate, titles } = await startBlog(t, { windowSeconds: 2, display: 'guard' })
  const raided = (await postRate.posts.list()).items.find(({ title }) => title === titles[0])?.id as number
  const second = (await postRate.posts.list()).items.find(({ title }) => title === titles[1])?.id as number
  const rate = await doorOf(t, postRate)
  await Promise.all(Array.from({ length: 60 }, (_, n) => rate(raided, `fan ${n}`, 4 + (n % 2))))
  await Promise.all(Array.from({ length: 40 }, (_, n) => rate(second, `fan ${n}`, 3)))
  const counts = async () => (await postRate.stats.get([raided, second])).map(({ displayed }) => displayed.count)
  await eventually(async () => (await counts()).join() === '60,40')
  const page = await openPage(t)
  // The order of a page may be up to a second old.
  await eventually(async () => {
    await page.goto(`${url}?sort=top`)
    await card(page, titles[0]).waitFor()
    return (await headings(page))[0] === titles[0]
  })
  const post = card(page, titles[0])
  await shows(post, '4.50', '60 ratings')
  const order = [titles[0], titles[1], titles[2]]
  t.deepEqual(await headings(page), order)
  // On a busy machine the fans may have come in two windows, the second as a crowd.
  await post.locator('.held').waitFor({ state: 'hidden' })
  await picture(page, 'raid-1-before')

  const began = Date.now()
  for (let n = 0; n < 500; n += 50)
    await Promise.all(Array.from({ length: 50 }, (_, i) => rate(raided, `raider ${n + i}`, 0)))
  await post.getByText('560 ratings').waitFor()
  await post.getByText('Unusually many ratings since').waitFor()
  const shown = Number(await post.locator('.average strong').textContent())
  t.true(shown > 4, String(shown))
  t.like((await postRate.stats.get([raided]))[0]?.live, { count: 560, average: 0.4821 })
  await page.reload()
  await post.getByText('Unusually many ratings since').waitFor()
  t.deepEqual(await headings(page), order)
  await picture(page, 'raid-2-during')

  const period = { postId: raided, from: new Date(began).toISOString(), by: 'ada', reason: 'a raid' }
  t.is((await postRate.moderation.exclude(period)).ratings, 500)
  await shows(post, '4.50', '60 ratings')
  await post.locator('.held').waitFor({ state: 'hidden' })
  await post.getByText('Ratings over time').click()
  await post.getByText('500 ratings do not count. Reason: a raid').waitFor()
  const slider = post.getByRole('slider', { name: 'Day' })
  t.regex(
    (await slider.getAttribute('aria-valuetext')) ?? '',
    /: 60 ratings \(5: 30, 4: 30\)\. 500 ratings do not count\./,
  )
  await picture(page, 'raid-3-after')
})

withBrowser('readers rate by pointer and by keyboard, and see their own score at once', async (t) => {
  const { url, postRate, titles } = await startBlog(t, { windowSeconds: 2 })
  const page = await openPage(t)
  await page.goto(url)
  const first = card(page, titles[2])
  await first.getByRole('button', { name: 'Log in to rate' }).click()
  await page.getByLabel('Name').fill('ben')
  await page.getByLabel('Password').fill('wrong')
  await page.keyboard.press('Enter')
  await page.getByText('Wrong name or password.').waitFor()
  await page.getByLabel('Password').fill('stars')
  await page.keyboard.press('Enter')
  await page.getByRole('button', { name: 'Log out' }).waitFor()

  // By pointer.
  await first.getByRole('radio', { name: '4 stars' }).check()
  await first.getByText('You gave 4 of 5.').waitFor()
  t.is(await ownScore(first), '4')
  await shows(first, '4.00', '1 rating')
  t.regex((await first.locator('.update').textContent()) ?? '', /^updat(es in 0:0\d|ing …)$/)

  // By keyboard: Tab into the group, arrows through it. Only the score on which the reader rests is sent.
  const second = card(page, titles[1])
  const changes: string[] = []
  page.on('request', (request) => {
    if (request.method() === 'PUT') changes.push(request.postData() ?? '')
  })
  await first.getByRole('button', { name: 'Take back' }).focus()
  // Past the first post's history.
  for (const _ of ['Ratings over time', 'the stars']) await page.keyboard.press('Tab')
  t.is(await second.locator('input:focus').getAttribute('value'), '0')
  await page.keyboard.press('Space')
  for (const key of ['ArrowRight', 'ArrowRight', 'ArrowRight', 'ArrowLeft']) await page.keyboard.press(key)
  t.is(await ownScore(second), '2')
  await shows(second, '2.00', '1 rating')
  t.deepEqual(changes, ['{"score":2}'])

  // The others' ratings come with the window's end, by themselves.
  const [, secondId = 0] = (await postRate.posts.list()).items.map(({ id }) => id)
  for (const [n, score] of [5, 5, 0].entries())
    await postRate.ratings.rate({ postId: secondId, userId: `reader-${n}`, score })
  await shows(second, '3.00', '4 ratings')
  t.deepEqual(await second.locator('.histogram .count').allTextContents(), ['2', '0', '0', '1', '0', '1'])

  // 0 is a score, and survives a reload like any other; a withdrawal does, too.
  await first.getByRole('radio', { name: '0 stars' }).check()
  await page.reload()
  await eventually(async () => (await ownScore(first)) === '0')
  t.is(await ownScore(second), '2')
  await second.getByRole('button', { name: 'Take back' }).click()
  await second.getByText('Taken back.').waitFor()
  await page.reload()
  await radio(second, 0).waitFor()
  t.is(await ownScore(second), null)
  t.is(await ownScore(first), '0')

  await page.getByRole('button', { name: 'Log out' }).click()
  await first.getByRole('button', { name: 'Log in to rate' }).waitFor()
  t.is(await radio(first, 4).isVisible(), false)
})

withBrowser('the frozen figures hold until the page says, whatever comes in', async (t) => {
  const { url, postRate, titles } = await startBlog(t, { windowSeconds: 3600 })
  const [post] = (await postRate.posts.list({ limit: 1 })).items
  const rate = (userId: string, score: number) => postRate.ratings.rate({ postId: post?.id ?? 0, userId, score })
  await rate('reader-1', 5)
  const page = await openPage(t)
  await page.goto(url)
  const first = card(page, titles[2])
  await shows(first, '5.00', '1 rating')
  for (let n = 2; n <= 5; n++) await rate(`reader-${n}`, 0)
  await logIn(page)
  await first.getByRole('radio', { name: '1 star' }).check()
  await eventually(async () => (await postRate.stats.get([post?.id ?? 0]))[0]?.live.count === 6)
  await page.reload()
  await eventually(async () => (await ownScore(first)) === '1')
  await shows(first, '5.00', '1 rating')
  await eventually(async () => /^updates in \d{1,2}:\d\d$/.test((await first.locator('.update').textContent()) ?? ''))
  t.deepEqual(await first.locator('.histogram .count').allTextContents(), ['1', '0', '0', '0', '0', '0'])
})

withBrowser('pages, the order by rank, and the author’s form', async (t) => {
  const { url, postRate, titles } = await startBlog(t, { windowSeconds: 2, posts: 7 })
  const { items } = await postRate.posts.list({ limit: 7 })
  const best = items.at(-1)
  for (let n = 0; n < 4; n++) await postRate.ratings.rate({ postId: best?.id ?? 0, userId: `reader-${n}`, score: 5 })
  await eventually(async () => (await postRate.stats.get([best?.id ?? 0]))[0]?.displayed.count === 4)
  const page = await openPage(t)
  await page.goto(url)
  await card(page, titles.at(-1)).waitFor()
  t.deepEqual(await headings(page), [...titles].reverse().slice(0, 5))
  await page.getByRole('link', { name: 'More posts' }).click()
  await card(page, titles[0]).waitFor()
  t.deepEqual(await headings(page), [titles[1], titles[0]])
  t.false(await page.getByRole('link', { name: 'More posts' }).isVisible())
  await page.getByRole('link', { name: 'First page' }).click()
  await page.getByRole('link', { name: 'Top rated' }).click()
  await page.waitForURL(/sort=top/)
  await card(page, titles[0]).waitFor()
  t.is((await headings(page))[0], best?.title)
  t.is(await page.getByRole('link', { name: 'Top rated' }).getAttribute('aria-current'), 'page')

  await logIn(page, 'ada')
  await page.getByText('Write a post').click()
  await page.getByLabel('Title').fill('<script>alert(1)</script>')
  await page.getByLabel('Text').fill('Written here.')
  // The page is made anew when the post is there.
  await Promise.all([page.waitForEvent('load'), page.getByRole('button', { name: 'Publish' }).click()])
  t.is((await postRate.posts.list({ limit: 1 })).items[0]?.createdBy, 'ada')
  await page.goto(url)
  await card(page, '<script>alert(1)</script>').waitFor()
})

withBrowser('the page fits a phone, in the dark, too, and axe finds nothing', async (t) => {
  const { url, titles } = await startBlog(t, { windowSeconds: 300 })
  for (const [name, options] of Object.entries(looks)) {
    const page = await openPage(t, options)
    await page.goto(url)
    const first = card(page, titles[2])
    await first.waitFor()
    await page.getByRole('button', { name: 'Log in', exact: true }).click()
    await picture(page, `${name}-login`)
    await isAccessible(t, page, `${name}, login`)
    await page.keyboard.press('Escape')
    await logIn(page, 'ben')
    await first.getByRole('radio', { name: '3 stars' }).check()
    await shows(first, '3.00', '1 rating')
    await picture(page, name)
    await isAccessible(t, page, name)
    const width = page.viewportSize()?.width ?? 0
    t.true((await page.evaluate<number>('document.documentElement.scrollWidth')) <= width, `${name} scrolls sideways`)
    for (const score of [0, 1, 2, 3, 4, 5]) {
      const box = await radio(first, score).boundingBox()
      t.true(box !== null && box.x >= 0 && box.x + box.width <= width, `${name} shows star ${score}`)
      t.true((box?.width ?? 0) >= 32 && (box?.height ?? 0) >= 40, `${name}: star ${score} is large enough to hit`)
    }
  }
})

const looks: Record<string, BrowserContextOptions> = {
  wide: { viewport: { width: 1200, height: 900 } },
  phone: { viewport: { width: 390, height: 844 }, deviceScaleFactor: 2, hasTouch: true, isMobile: true },
  dark: { viewport: { width: 1200, height: 900 }, colorScheme: 'dark' },
}

interface BlogOptions {
  windowSeconds: number
  posts?: number
  display?: 'freeze' | 'guard'
}

async function startBlog(t: ExecutionContext, { windowSeconds, posts = 3, display = 'freeze' }: BlogOptions) {
  const [database, redis] = [await testDatabase(t, { migrated: false }), testRedis(t)]
  const postRate: PostRate = createPostRate({ database, redis: redis.url, redisPrefix: redis.prefix })
  cleanUp(t, () => postRate.close())
  await postRate.migrate({
    settings: { display, windowSeconds, starPerDay: 100, prior: { weight: 10, mean: 2.5 } },
  })
  const titles = Array.from({ length: posts }, (_, n) => `Post number ${n + 1}`)
  for (const title of titles) {
    await postRate.posts.create({ title, content: 'A text of two lines or so, '.repeat(6), createdBy: 'cleo' })
  }
  const example = startExample(t, 'host-app/main.js', {
    DATABASE_URL: database,
    REDIS_URL: redis.url,
    POST_RATE_REDIS_PREFIX: redis.prefix,
    PORT: '0',
  })
  const [url] = await example.printed(/http:\S+/)
  return { url, postRate, titles }
}

/** The API on the same database for whoever says a name: the blog itself has three accounts. */
async function doorOf(t: ExecutionContext, postRate: PostRate) {
  const app = express()
  app.use(createRouter({ postRate, getUser: (req) => req.get('x-user') }))
  const server = app.listen(0, '127.0.0.1')
  cleanUp(t, () => new Promise((resolve) => server.close(resolve)))
  await new Promise((resolve) => server.once('listening', resolve))
  const { port } = server.address() as AddressInfo
  return async (post: number, user: string, score: number) => {
    const answer = await fetch(`http://127.0.0.1:${port}/posts/${post}/rating`, {
      method: 'PUT',
      headers: { 'content-type': 'application/json', 'x-user': user },
      body: JSON.stringify({ score }),
    })
    t.is(answer.status, 200)
  }
}

/** A refused login is a 401, by design. */
function openPage(t: ExecutionContext, options: BrowserContextOptions = {}): Promise<Page> {
  return openBlogPage(t, { mayComplainAbout: /401/, ...options })
}

async function logIn(page: Page, name = 'ben'): Promise<void> {
  await page.getByRole('button', { name: 'Log in', exact: true }).click()
  await page.getByLabel('Name').fill(name)
  await page.getByLabel('Password').fill('stars')
  await page.keyboard.press('Enter')
  await page.getByRole('button', { name: 'Log out' }).waitFor()
}

function card(page: Page, title: string | undefined): Locator {
  return page.getByRole('article').filter({ has: page.getByRole('heading', { name: title ?? '', exact: true }) })
}

function radio(post: Locator, score: number): Locator {
  return post.locator(`input[value="${score}"]`)
}

/** The chosen score of the reader, or null. */
async function ownScore(post: Locator): Promise<string | null> {
  const chosen = post.locator('input:checked')
  return (await chosen.count()) === 0 ? null : chosen.inputValue()
}

async function shows(post: Locator, average: string, count: string): Promise<void> {
  await eventually(
    async () =>
      (await post.locator('.average').innerText()).replace(/\s+/g, ' ').trim() === `${average} of 5 · ${count}`,
    { message: `${average} of ${count} was not shown` },
  )
}

async function headings(page: Page): Promise<string[]> {
  return page.getByRole('article').getByRole('heading').allTextContents()
}
