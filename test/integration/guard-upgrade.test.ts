import { createPostRate } from 'post-rate'
import { guardPending, stepGuard } from '../../packages/post-rate/src/domain/guard.ts'
import { cleanUp } from '../helpers/clean-up.ts'
import { withPostgres } from '../helpers/requires.ts'
import { runSql, testDatabase } from '../helpers/test-database.ts'
import { schemaOfVersion } from './first-version/restore.ts'

const since = Date.UTC(2026, 0, 1)

withPostgres('an armed post stays armed with its rank, around what it showed; the others start calm', async (t) => {
  const url = await testDatabase(t, { migrated: false })
  await schemaOfVersion(t, url, 8).migrate({})
  const guardOf = (armed: boolean, memory: number[]) =>
    `'${JSON.stringify({ armed, gap: armed ? 2.95 : 0, since, memory })}'`
  // Post 1 is guarded: 60 zeros came to 20 ratings of 4.25. Post 2 is not, and post 3 was when an earlier version ended.
  await runSql(
    url,
    `insert into post_rate.posts (title, content, created_by) select 'Title', 'Text', 'ada' from generate_series(1, 3);
insert into post_rate.ratings (post_id, user_id, score)
  select p, 'user' || n, case when n <= 60 then 0 else 5 end from generate_series(1, 3) p, generate_series(1, 80) n;
delete from post_rate.rating_outbox;
update post_rate.settings set star_takes_hours = 8.4;
update post_rate.post_stats set version = 7, counts = '{60,0,0,0,0,20}', activity = 80, displayed_counts = '{60,0,0,0,0,20}',
  displayed_count = 80, displayed_activity = 80, as_of = '2026-01-01', window_end = '2026-01-01 00:05', changed_at = '2026-01-01',
  displayed_average = case post_id when 1 then 4.2 else 1.25 end, step_at = case post_id when 1 then timestamptz '2026-01-01 00:05' end,
  guard = (case post_id when 1 then ${guardOf(true, [0.5, 20, 20, 4.25])}
    when 2 then ${guardOf(false, [0.5, 0, 0])} else ${guardOf(true, [0.5, 20, 20, 4.25]).replace('2.95', '0')} end)::json,
  rank = case post_id when 1 then round((25 + 4.2 * 20) / 30, 12) when 2 then round((25 + 1.25 * 80) / 90, 12)
    else round((25 + 1.25 * 20) / 30, 12) end`,
  )
  const postRate = createPostRate({ database: url })
  cleanUp(t, () => postRate.close())
  const [first] = await postRate.migrate()
  t.like(first, { version: 9, name: 'guard-margin' })
  t.like(await postRate.settings.get(), { display: 'guard', starPerDay: 0.05 })

  t.deepEqual(
    (await postRate.guard.armed()).map(({ postId, gap, shownAverage, normalPerHour }) => [
      ...[postId, gap, shownAverage, normalPerHour],
    ]),
    [
      [1, 2.95, 4.2, 6],
      [3, 0, 1.25, 6],
    ],
  )
  t.deepEqual((await postRate.stats.verify()).drift, [], 'their ranks are those of what they were armed with')
  const rows = await runSql<{ version: string; guard: never; step: boolean; recent: boolean }>(
    url,
    `select version, guard, step_at is not null as step, changed_at > now() - interval '1 hour' as recent
from post_rate.post_stats order by post_id`,
  )
  t.deepEqual(
    rows.map(({ version, step, recent }) => [Number(version), step, recent]),
    [
      [8, true, true],
      [7, false, false],
      [8, true, true],
    ],
  )

  // The next window's end shows what the old one showed, and a crowd that goes on is held to it.
  const counts = [60, 0, 0, 0, 0, 20] as const
  const shown = { counts, average: 4.2, asOf: since, activity: 80, guard: rows[0]?.guard ?? null }
  const settings = { windowSeconds: 300, starPerDay: 0.1 }
  t.true(guardPending(shown, shown))
  const next = stepGuard(shown, { counts: [160, 0, 0, 0, 0, 20], activity: 180 }, since + 300_000, settings)
  t.true(Math.abs((next.average as number) - (4.2 - 2.2 / Math.sqrt(20))) < 0.001, String(next.average))
  t.like(next.guard, { armed: true, since })
})
