import test from 'ava'
import {
  checkDisplaySettings,
  type DisplaySettings,
  defaultDisplaySettings,
  parsePrior,
  readDisplayOptions,
  sameDisplaySettings,
} from '../../packages/post-rate/src/domain/settings.ts'

test('settings that can be used are taken', (t) => {
  t.deepEqual(checkDisplaySettings(defaultDisplaySettings), defaultDisplaySettings)
  t.notThrows(() => check({ windowSeconds: 1 }))
  t.notThrows(() => check({ windowSeconds: 86_400 }))
  t.notThrows(() => check({ prior: { weight: 0.0001, mean: 0 } }))
  t.notThrows(() => check({ prior: { weight: 1_000_000, mean: 5 } }))
  t.notThrows(() => check({ prior: { weight: 0.3, mean: 2.3333 } }))
})

const refused: Record<string, Partial<DisplaySettings>> = {
  display: { display: 'other' as 'live' },
  'window of 0': { windowSeconds: 0 },
  'window of more than a day': { windowSeconds: 86_401 },
  'window of half a second': { windowSeconds: 0.5 },
  'starPerDay of 0': { starPerDay: 0 },
  'starPerDay without end': { starPerDay: Number.POSITIVE_INFINITY },
  'minCount below 0': { minCount: -1 },
  'minCount of half a rating': { minCount: 0.5 },
  'prior without weight': { prior: { weight: 0, mean: 2.5 } },
  'prior with too much weight': { prior: { weight: 1_000_001, mean: 2.5 } },
  'prior with NaN': { prior: { weight: Number.NaN, mean: 2.5 } },
  'prior above 5': { prior: { weight: 10, mean: 5.1 } },
  'prior below 0': { prior: { weight: 10, mean: -0.1 } },
  'prior with a weight that ranks cannot count with': { prior: { weight: 0.00001, mean: 2.5 } },
  'prior with a mean of five decimals': { prior: { weight: 10, mean: 2.33333 } },
}

for (const [name, changes] of Object.entries(refused))
  test(`settings are refused: ${name}`, (t) => {
    const error = t.throws(() => check(changes), { code: 'INVALID_INPUT' })
    t.true(error?.message.startsWith(name.split(' ')[0] as string))
  })

test('a prior is WEIGHT:MEAN', (t) => {
  t.deepEqual(parsePrior('10:2.5'), { weight: 10, mean: 2.5 })
  t.deepEqual(parsePrior('0.5:3'), { weight: 0.5, mean: 3 })
  for (const text of ['', '10', '10:', ':2', '-1:2', '1e3:2', '10:2.5:1', ' 10:2'])
    t.throws(() => parsePrior(text), { code: 'INVALID_INPUT' }, text)
})

test('settings are the same where everything is', (t) => {
  t.true(sameDisplaySettings(defaultDisplaySettings, { ...defaultDisplaySettings }))
  t.false(sameDisplaySettings(defaultDisplaySettings, { ...defaultDisplaySettings, windowSeconds: 299 }))
  t.false(sameDisplaySettings(defaultDisplaySettings, { ...defaultDisplaySettings, starPerDay: 4 }))
  t.false(sameDisplaySettings(defaultDisplaySettings, { ...defaultDisplaySettings, minCount: 1 }))
  t.false(sameDisplaySettings(defaultDisplaySettings, { ...defaultDisplaySettings, prior: { weight: 10, mean: 2 } }))
})

test('the spike guard is said in words of its own', (t) => {
  t.deepEqual(readDisplayOptions(), {})
  t.deepEqual(readDisplayOptions({ spikeGuard: 'off', windowSeconds: 60 }), { display: 'freeze', windowSeconds: 60 })
  t.deepEqual(readDisplayOptions({ spikeGuard: {} }), { display: 'guard' })
  t.deepEqual(readDisplayOptions({ spikeGuard: { starPerDay: 2 } }), { display: 'guard', starPerDay: 2 })
  for (const options of [
    { spikeGuard: 'off', display: 'guard' },
    { spikeGuard: {}, display: 'freeze' },
    { spikeGuard: 'on' as 'off' },
    { spikeGuard: null as never },
  ] as const)
    t.throws(() => readDisplayOptions(options), { code: 'INVALID_INPUT' })
})

function check(changes: Partial<DisplaySettings>): DisplaySettings {
  return checkDisplaySettings({ ...defaultDisplaySettings, ...changes })
}
