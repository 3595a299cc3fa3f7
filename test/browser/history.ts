import type { ExecutionContext } from 'ava'
import type { BrowserContextOptions, Page } from 'playwright-core'
import type { PostHistory } from 'post-rate'
import { eventually } from '../helpers/eventually.ts'
import type { Declare } from '../helpers/requires.ts'
import type { FakePostRate } from '../http/fake-post-rate.ts'
import { isAccessible, type OpenPage, picture } from './open-browser.ts'

/** What the cases need of the file that has a browser. */
export interface HistoryStage {
  /** A page with this in its `main`, under a strict Content-Security-Policy. */
  start(t: ExecutionContext, main: string): Promise<{ url: string; postRate: FakePostRate }>
  open: OpenPage
  looks: Readonly<Record<string, BrowserContextOptions>>
}

const day = 86_400_000
/** The last day of the chart. It is tomorrow, so that no midnight comes while a test runs. */
const today = Math.ceil(Date.now() / day) * day
const iso = (time: number) => new Date(time).toISOString()
const element = '<post-rate-history post-id="1"></post-rate-history>'
const counts = (...values: number[]) => values as unknown as PostHistory['before']
const none = counts(0, 0, 0, 0, 0, 0)

/** Ten days: a raid three days ago that is excluded, two days without ratings before it. */
const raided: Partial<PostHistory> = {
  asOf: iso(today + day / 2),
  nextUpdateAt: iso(Date.now() + 240_000),
  average: 4.25,
  before: counts(1, 0, 0, 0, 3, 0),
  buckets: [
    { start: iso(today - 9 * day), counts: counts(0, 1, 0, 2, 4, 3), excluded: none },
    { start: iso(today - 8 * day), counts: counts(1, 0, 1, 1, 5, 2), excluded: none },
    { start: iso(today - 7 * day), counts: counts(0, 0, 0, 3, 6, 5), excluded: none },
    { start: iso(today - 6 * day), counts: counts(0, 1, 1, 0, 4, 6), excluded: none },
    { start: iso(today - 3 * day), counts: counts(1, 0, 0, 0, 0, 4), excluded: counts(28, 1, 0, 0, 0, 0) },
    { start: iso(today - 2 * day), counts: counts(0, 0, 0, 1, 2, 4), excluded: none },
    { start: iso(today), counts: counts(0, 0, 0, 0, 0, 1), excluded: none },
  ],
  incidents: [
    { from: iso(today - 3 * day + 3_600_000), to: iso(today - 2.5 * day), state: 'excluded' },
    { from: iso(today - 1_800_000), to: null, state: 'open' },
  ],
  exclusions: [
    { from: iso(today - 3 * day), to: iso(today - 2 * day), count: 29, reason: 'Called for on <b>another</b> site' },
  ],
}

const dateOf = (time: number) => new Date(time).toLocaleDateString('en', { dateStyle: 'medium', timeZone: 'UTC' })

/** `<post-rate-history>` in a browser. */
export function historyCases(withChromium: Declare['serial'], stage: () => HistoryStage): void {
  withChromium('a history by keyboard and by screen reader: each day, the table, the periods and why', async (t) => {
    const { page, postRate } = await show(t, stage(), raided)
    const slider = page.getByRole('slider', { name: 'Day' })
    const said = () => slider.getAttribute('aria-valuetext')
    t.is(await said(), `${dateOf(today)}: 1 rating (5: 1). Average afterwards: 4.25.`)
    t.is(postRate.calls.filter((call) => call.startsWith('history')).length, 1)
    await page.getByRole('button', { name: 'Table' }).focus()
    await page.keyboard.press('Tab')
    for (let n = 0; n < 3; n++) await page.keyboard.press('ArrowLeft')
    const raid = `${dateOf(today - 3 * day)}: 5 ratings (5: 4, 0: 1). 29 ratings do not count. Average afterwards: 3.85.`
    t.is(await said(), raid)
    t.is(await page.locator('.day').textContent(), raid)
    t.is(
      await page.evaluate(
        "getComputedStyle(document.querySelector('post-rate-history').shadowRoot.querySelector('.plot')).outlineStyle",
      ),
      'solid',
    )
    await page.keyboard.press('ArrowLeft')
    t.is(await said(), `${dateOf(today - 4 * day)}: no ratings. Average afterwards: 3.84.`)
    await page.keyboard.press('Home')
    t.regex(
      (await said()) ?? '',
      new RegExp(`^${dateOf(today - 89 * day)}: no ratings\\. Average afterwards: 3\\.00\\.$`),
    )
    await page.keyboard.press('End')
    t.regex((await said()) ?? '', new RegExp(`^${dateOf(today)}: 1 rating`))

    const rows = page.getByRole('table', { name: 'Ratings by day (UTC)' }).getByRole('row')
    t.is(await rows.count(), 8)
    t.is((await rows.nth(5).innerText()).replace(/\s+/g, ' '), `${dateOf(today - 3 * day)} 1 0 0 0 0 4 29 3.85`)
    const periods = await page.getByRole('listitem').allInnerTexts()
    t.is(periods.length, 3)
    t.true(periods[0]?.endsWith('UTC: 29 ratings do not count. Reason: Called for on <b>another</b> site'), periods[0])
    t.regex(periods[1] ?? '', /– .+ UTC: Unusually many ratings\. Moderators looked at them: they do not count\.$/)
    t.regex(periods[2] ?? '', /^Since .+ UTC: Unusually many ratings\.$/)
  })

  withChromium('a history draws scores, excluded ones and the average; a pointer chooses a day', async (t) => {
    const { page } = await show(t, stage(), { ...raided, before: none })
    const drawn = () =>
      page.evaluate<{ names: string[]; heights: number[] }>(
        `(() => { const bars = [...document.querySelector('post-rate-history').shadowRoot.querySelectorAll('svg .bar')]
        return { names: bars.map((bar) => bar.classList[1]), heights: bars.map((bar) => Number(bar.getAttribute('height'))) } })()`,
      )
    const scores = await drawn()
    t.is(scores.names.filter((name) => name === 's5').length, 7)
    t.is(scores.names.filter((name) => name === 'out').length, 1)
    // The highest day has 34 ratings, 29 of them excluded.
    t.is(Math.round(Math.max(...scores.heights)), Math.round((90 * 29) / 34))
    await page.getByRole('button', { name: 'Number' }).click()
    t.deepEqual([...new Set((await drawn()).names)].sort(), ['all', 'out'])
    t.is((await drawn()).names.length, 8)
    t.is(await page.getByRole('button', { name: 'Number' }).getAttribute('aria-pressed'), 'true')
    // A post without older ratings begins with its first one.
    const box = (await page.locator('.plot').boundingBox()) as { x: number; y: number; width: number; height: number }
    for (const [share, time] of [
      [0.02, today - 9 * day],
      [0.65, today - 3 * day],
      [0.98, today],
    ] as const) {
      await page.mouse.move(box.x + share * box.width, box.y + box.height / 2)
      t.true((await page.locator('.day').textContent())?.startsWith(`${dateOf(time)}:`), String(share))
    }
  })

  withChromium(
    'a history asks again when it changes, says when a post is gone, and takes what a page has',
    async (t) => {
      const soon = { ...raided, nextUpdateAt: iso(Date.now() + 2_500) }
      const { page, postRate } = await show(t, stage(), soon, { mayComplainAbout: /Failed to load resource/ })
      const asked = () => postRate.calls.filter((call) => call.startsWith('history')).length
      postRate.histories.set(1, { ...soon, average: 1.5, nextUpdateAt: null })
      await page.getByText('Average afterwards: 1.50.').waitFor()
      t.true(Date.now() > Date.parse(soon.nextUpdateAt) - 600, 'it did not ask before')
      t.is(asked(), 2)
      const turn = (how: string) =>
        page.evaluate(`{ const element = document.querySelector('post-rate-history'); ${how} }`)
      await turn("element.setAttribute('post-id', '9')")
      await page.getByText('This post is no longer here.').waitFor()
      t.false(await page.getByRole('slider').isVisible())
      const given = { ...raided, postId: 1, unit: 'day', exclusions: [], buckets: [] }
      await turn(`element.history = ${JSON.stringify({ ...given, average: 2 })}`)
      await page.getByText('Average afterwards: 2.00.').waitFor()
      t.is(asked(), 3)
      await turn(`element.history = ${JSON.stringify({ ...given, before: none, average: null })}`)
      await page.getByText('No ratings yet').waitFor()
    },
  )

  withChromium('a history in the light, in the dark and on a phone: it fits, and axe finds nothing', async (t) => {
    t.timeout(120_000)
    for (const [look, options] of Object.entries(stage().looks)) {
      const { page } = await show(t, stage(), { ...raided, before: none }, options)
      await page.getByRole('slider').focus()
      for (let n = 0; n < 3; n++) await page.keyboard.press('ArrowLeft')
      await picture(page, `history-${look}`)
      await isAccessible(t, page, look)
      await page.getByRole('button', { name: 'Number' }).click()
      await page.getByRole('button', { name: 'Table' }).click()
      await picture(page, `history-table-${look}`)
      await isAccessible(t, page, `${look}, table`)
      const width = page.viewportSize()?.width ?? 0
      t.true((await page.evaluate<number>('document.documentElement.scrollWidth')) <= width, `${look} scrolls sideways`)
    }
  })
}

async function show(
  t: ExecutionContext,
  { start, open }: HistoryStage,
  history: Partial<PostHistory>,
  options: Parameters<OpenPage>[1] = {},
): Promise<{ page: Page; postRate: FakePostRate }> {
  const { url, postRate } = await start(t, element)
  postRate.histories.set(1, history)
  const page = await open(t, options)
  await page.goto(url)
  await page.getByText('Average afterwards').first().waitFor()
  await eventually(async () => (await page.getByRole('slider').getAttribute('aria-valuetext')) !== '')
  return { page, postRate }
}
