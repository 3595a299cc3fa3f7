import { settingsAt, windowEndAt } from '../../packages/post-rate/src/domain/display-window.ts'
import { defaultDisplaySettings, type Settings } from '../../packages/post-rate/src/domain/settings.ts'
import type { Cases } from './record.ts'

/** What every SettingsStore does. */
export const settingsStoreCases: Cases = {
  'a new deployment has one row with a name of its own': async (t, create) => {
    const record = await create(t, { settings: defaultDisplaySettings })
    const row = await record.settingsStore.load()
    t.like(row, { posts: 'own', versionFloor: 0 })
    t.like(row.settings, {
      ...defaultDisplaySettings,
      relayShards: 1,
      publishExclusions: true,
      quarantine: 'off',
      previous: null,
    })
    t.regex(row.source, /^[0-9a-f-]{36}$/)
    t.deepEqual(await record.another().settingsStore.load(), row)
    t.is((await (await create(t, { posts: 'external' })).settingsStore.load()).posts, 'external')
  },

  'a change is known at once and holds later': async (t, create) => {
    const record = await create(t, { settings: defaultDisplaySettings })
    const { settings: before } = await record.settingsStore.load()
    const next = {
      ...{ display: 'live' as const, windowSeconds: 60, prior: { weight: 2, mean: 3.5 } },
      ...{ starPerDay: 2.5, minCount: 3, relayShards: 4, publishExclusions: false },
      ...{ quarantine: 'new' as const, releaseAfterHours: 0.5 },
    }
    const changed = await record.settingsStore.change(next, 10)
    t.like(changed.settings, next)
    t.like(changed.settings.previous, { display: before.display, windowSeconds: 300, prior: before.prior })
    t.true(Math.abs(changed.settings.effectiveAt - Date.now() - 10_000) < 5_000)
    t.deepEqual((await record.another().settingsStore.load()).settings, changed.settings)
    t.deepEqual((await record.recordReader.read([], [], true)).deployment, changed)
  },

  'changes of different settings at the same time are all kept': async (t, create) => {
    const record = await create(t, { settings: defaultDisplaySettings })
    const [one, two] = [record.settingsStore, record.another().settingsStore]
    for (let n = 2; n <= 7; n++) {
      await Promise.all([one.change({ windowSeconds: n }, 10), two.change({ minCount: n }, 10)])
      t.like((await one.load()).settings, { windowSeconds: n, minCount: n })
    }
  },

  'a change that has not taken effect is replaced': async (t, create) => {
    const record = await create(t, { settings: defaultDisplaySettings })
    const { settings } = await record.settingsStore.load()
    await record.settingsStore.change({ ...settings, windowSeconds: 60 }, 30)
    const changed = await record.settingsStore.change({ ...settings, windowSeconds: 30 }, 30)
    t.like(changed.settings, { windowSeconds: 30 })
    t.is(changed.settings.previous?.windowSeconds, 300)
    for (const after of [-1, 0, 1]) {
      const time = windowEndAt(1, changed.settings.effectiveAt, 300) + after
      t.is(settingsAt(changed.settings, 1, time).windowSeconds, after < 0 ? 300 : 30)
    }
  },

  'a change soon after another keeps what was promised before both': async (t, create) => {
    const record = await create(t, { settings: { ...defaultDisplaySettings, display: 'freeze', windowSeconds: 3_600 } })
    const { settings } = await record.settingsStore.load()
    const first = await record.settingsStore.change({ ...settings, windowSeconds: 1 }, 0)
    await record.wait(50)
    const second = await record.settingsStore.change({ ...settings, display: 'live' }, 0)
    t.true(second.settings.effectiveAt > first.settings.effectiveAt)
    const holds = (time: number) => {
      const { display, windowSeconds } = settingsAt(second.settings, 1, time)
      return `${display} ${windowSeconds}`
    }
    const promised = windowEndAt(1, first.settings.effectiveAt, 3_600)
    t.is(holds(first.settings.effectiveAt + 1), 'freeze 3600')
    t.is(
      holds(second.settings.effectiveAt + 5_000),
      promised > second.settings.effectiveAt + 5_000 ? 'freeze 3600' : 'live 3600',
    )
    t.is(holds(promised - 1), 'freeze 3600')
    t.is(holds(Math.max(promised, second.settings.effectiveAt) + 1_000), 'live 3600')
  },

  'what is long past is forgotten': async (t, create) => {
    const record = await create(t)
    const { settings } = await record.settingsStore.load()
    for (let n = 1; n <= 5; n++) {
      await record.settingsStore.change({ ...settings, windowSeconds: n }, 0.001)
      await record.wait(5)
    }
    let depth = 0
    for (
      let s: Settings['previous'] | undefined = (await record.settingsStore.load()).settings.previous;
      s;
      s = s.previous
    )
      depth++
    t.true(depth <= 5)
  },
}
