import test from 'ava'
import fc from 'fast-check'
import { barText, sparkline } from '../../packages/cli/src/ui/bar.tsx'
import { fitted, widthOf } from '../../packages/cli/src/ui/fitted.ts'
import { countdown, counted, shortCount, span } from '../../packages/cli/src/ui/numbers.ts'
import { cellsOf } from '../../packages/cli/src/ui/posts.tsx'
import { printable } from '../../packages/cli/src/ui/printable.ts'
import { progressFigures } from '../../packages/cli/src/ui/progress.tsx'
import { wrapped } from '../../packages/cli/src/ui/wrapped.ts'
import { fakePostRate, startOfTime } from './tui/fake-post-rate.ts'

test('printable escapes what a terminal would obey or hide, and nothing else', (t) => {
  t.is(printable('a\u001b[2J\u009b\u0007\r\u007f'), 'a\\x1b[2J\\x9b\\x07\\x0d\\x7f')
  t.is(printable('\u202eabc\u2066\u200b\ufeff'), '\\u{202e}abc\\u{2066}\\u{200b}\\u{feff}')
  t.is(printable('\ud800'), '\\u{d800}')
  t.is(printable('Grüße, שלום, 漢字, 👍'), 'Grüße, שלום, 漢字, 👍')
})

test('fit keeps to the width, whatever the text, and lets no control or format character through', (t) => {
  const text = fc.string({ unit: 'binary', maxLength: 60 })
  fc.assert(
    fc.property(text, fc.integer({ min: 0, max: 40 }), (title, width) => {
      const line = fitted(title, width)
      return widthOf(line) <= width && !/\p{Cc}|\p{Cf}|\p{Cs}/u.test(line)
    }),
    { numRuns: 500 },
  )
  t.pass()
})

test('fit cuts with an ellipsis, whole characters and escapes only', (t) => {
  t.is(fitted('hello', 5), 'hello')
  t.is(fitted('hello!', 5), 'hell…')
  t.is(fitted('漢字漢字', 5), '漢字…')
  t.is(fitted('ab\u202ecdefghijk', 5), 'ab…')
  t.is(fitted('👨‍👩‍👧👍🏽1️⃣❤️', 10), '👨👍1❤')
  t.is(fitted(`e${'\u0323'.repeat(30)}!`, 3), 'ẹ\u0323\u0323!')
})

test('wrapped breaks between words, and no command', (t) => {
  t.deepEqual(wrapped('fits as it is', 13), ['fits as it is'])
  t.deepEqual(wrapped('Run `post-rate migrate`, then go on.', 20), ['Run', '`post-rate migrate`,', 'then go on.'])
  t.deepEqual(wrapped('漢字 漢字 `a command longer than a line`', 9), ['漢字 漢字', '`a command longer than a line`'])
})

test('a megabyte of anything fits its column', (t) => {
  const titles = ['x', '\u0301', '漢', '👨‍👩‍👧', '\u202e'].map((each) => each.repeat(1_000_000))
  for (const title of titles) t.true(widthOf(fitted(title, 80)) <= 80)
})

test('bars show a sliver of little and no more than all', (t) => {
  t.is(barText(0, 10, 8), '')
  t.is(barText(1, 1_000_000, 8), '▏')
  t.is(barText(5, 10, 8), '████')
  t.is(barText(20, 10, 8), '████████')
  t.is(sparkline([null, 0, 5, 10], 3), '▁▅█')
})

test('numbers are short and say their unit', (t) => {
  t.deepEqual([0, 9999, 10_000, 999_499, 1_000_000].map(shortCount), ['0', '9999', '10.0k', '999k', '1.0M'])
  t.deepEqual(
    [0, 1, 1234].map((n) => counted(n, 'row')),
    ['0 rows', '1 row', '1,234 rows'],
  )
  t.deepEqual([0.42, 42, 192, 7500].map(span), ['0.4 s', '42 s', '3 min 12 s', '2 h 5 min'])
  const now = Date.UTC(2026, 0, 1)
  const at = (seconds: number) => countdown(new Date(now + seconds * 1000).toISOString(), now)
  t.deepEqual([192, 5, 3661, 0, -3].map(at), ['3:12', '0:05', '1:01:01', 'now', 'now'])
  t.is(countdown(null, now), '–')
})

test('progress knows its rate and what is left, also where the total was too low', (t) => {
  t.deepEqual(progressFigures({ done: 250, total: 1000, found: 0 }, 0, 5), {
    part: 0.25,
    all: 1000,
    perSecond: 50,
    left: 15,
  })
  t.like(progressFigures({ done: 1100, total: 1000, found: 0 }, 0, 5), { part: 1, all: 1100, left: 0 })
  t.like(progressFigures({ done: 0, total: 0, found: 0 }, 0, 0), { part: 0, left: null })
  t.like(progressFigures({ done: 600, total: 1000, found: 0 }, 500, 5), { part: 0.6, perSecond: 20, left: 20 })
})

test('a shown figure stands out where it reads otherwise than the live one', async (t) => {
  const { posts, stats } = fakePostRate()
  const [post, [inspection]] = await Promise.all([posts.get(7), stats.get([7])])
  if (inspection === undefined) return t.fail()
  const { live } = inspection
  const tonesOf = (count: number, average: number) => {
    const displayed = { ...inspection.displayed, count, average }
    return cellsOf({ post, inspection: { ...inspection, displayed } }, startOfTime).tones.slice(3, 5)
  }
  const [count, average] = [live.count, 4.4861]
  inspection.live = { ...live, average }
  t.deepEqual(tonesOf(count, 4.4912), ['plain', 'plain'])
  t.deepEqual(tonesOf(count - 1, 4.4912), ['warn', 'plain'])
  t.deepEqual(tonesOf(count, 4.48), ['plain', 'warn'])
})
