import test from 'ava'
import { replay } from '../../packages/cli/src/replay/replay.ts'
import { recordedRaid } from '../helpers/recorded-raid.ts'
import { withTables } from '../raids/all-tables.ts'
import { dayMs, ordinaryPost, overlay, start } from '../raids/overlay.ts'
import { incidentTable, policyTable } from '../raids/tables.ts'

const raid = recordedRaid()
  .filter((rating) => rating.raid === true)
  .sort((a, b) => a.at - b.at)
const post = ordinaryPost({ size: 100, perDay: 5, days: 9, opinion: 'loved', seed: '1' })

test('an ordinary post has old ratings, which are no arrivals, and its traffic', (t) => {
  t.is(post.filter(({ arrival }) => !arrival).length, 100)
  const traffic = post.filter(({ arrival }) => arrival)
  t.true(traffic.length > 25 && traffic.length < 70)
  t.true(traffic.every(({ at }, n) => at >= start && at < start + 9 * dayMs && at >= (traffic[n - 1]?.at ?? 0)))
})

test('a raid that is laid over a post comes in its own shape, as often as the scale says', async (t) => {
  const laid = overlay(post, raid, { after: 2, scale: 3, seed: '1' })
  const raiders = laid.filter((rating) => rating.raid === true)
  t.is(raiders.length, 600)
  t.true(raiders.every(({ at }) => at > start + 2 * dayMs - 1_800_000 && at < start + 2 * dayMs + 3_600_000))
  const policies = await replay(laid, { windowSeconds: 300, every: 3_600 })
  const one = { incident: 'a raid', size: 100, scale: 3, ratings: laid.length, honest: post.length, policies }
  const [, , freeze] = policyTable([one])
  t.regex(freeze as string, /^\| freeze \| [34]\.\d\d \| .* \| 1\.00 \| – \|/)
  t.regex(
    policyTable([one]).find((line) => line.startsWith('| oracle')) as string,
    /\| 0\.00 \| 0\.00 \| 0\.00 \| 0\.00 \|/,
  )
  t.regex(incidentTable([one])[3] as string, /^\| a raid \| × 3 \|.* 1 of 1 \|$/)
})

test('tables replace those behind their marks', (t) => {
  const text = '# A\n\n<!-- raids: one -->\n\n| old |\n| --- |\n\nText.\n\n<!-- raids: two -->\n\n| old |\n'
  const tables = ['one', 'two'].map((name) => ({ name, lines: [`| ${name} |`, '| --- |'] }))
  const changed = withTables(text, tables)
  t.is(changed, '# A\n\n<!-- raids: one -->\n\n| one |\n| --- |\n\nText.\n\n<!-- raids: two -->\n\n| two |\n| --- |\n')
  t.is(withTables(changed, tables), changed)
  t.throws(() => withTables('# A\n', tables), { message: /<!-- raids: one -->/ })
})
