import { backlogOf, backlogPosts, makeTopic } from '../backlog.ts'
import type { Bench } from '../bench.ts'
import { race } from '../race.ts'
import { fill } from '../rated-posts.ts'
import { perSecond } from '../report.ts'
import type { Row } from '../row.ts'

/** Each takes about a minute, most of it to fill the outbox. */
const mostRuns = 3

/** The relay, against the parts of its work that nobody can do without, each by itself and both at the same time. */
export const relay: Row = {
  id: 'P6',
  title: 'relay, 1,000,000 outbox rows',
  async run(bench) {
    const backlog = await backlogOf(bench)
    const kafka = await bench.kafka()
    const [own, plain] = [await bench.database(), await bench.database()]
    for (const database of [own, plain]) {
      await fill(bench, database, { posts: backlogPosts, ratingsPerPost: 0 })
      await rateEveryPost(bench, database)
    }
    await makeTopic(bench, kafka, 'relay')
    const ours = await bench.program('relay', { database: own, kafka })
    const fold = await bench.program('fold-loop', { database: plain })
    await ours.ask({ what: 'empty', topic: 'relay', rows: backlogPosts })
    await fold.ask({ what: 'empty' })
    const rows = backlog.messages
    const done = { ours: 0, peer: 0 }
    const parts: { fold: number; send: number }[] = []
    const { ratios, values } = await race(
      Math.min(bench.runs, mostRuns),
      {
        ours: async () => {
          await rateRandomly(bench, own, rows, done.ours++)
          return ours.ask<number>({ what: 'empty', topic: 'relay', rows })
        },
        peer: async () => {
          await rateRandomly(bench, plain, rows, done.peer++)
          const both = [fold.ask<number>({ what: 'empty' }), backlog.send(done.peer)] as const
          const [folded, sent] = await Promise.all(both)
          parts.push({ fold: folded, send: sent })
          return Math.min(folded, sent)
        },
      },
      { warmUp: false },
    )
    bench.log(
      `  fold and send: ${parts.map((part) => `${Math.round(part.fold)} and ${Math.round(part.send)}`).join(', ')}`,
    )
    await Promise.all([ours.stop(), fold.stop()])
    await Promise.all([bench.dropDatabase(own), bench.dropDatabase(plain)])
    return [
      {
        id: this.id,
        title: this.title,
        peer: 'the slower of fold, mark, delete in SQL and kafkajs send',
        result: ratios.ours,
        unit: '×',
        bound: { atLeast: 0.8 },
        measured: perSecond(values.ours, values.peer),
      },
    ]
  },
}

/** One rating each: what a post's very first fold costs is not counted. */
async function rateEveryPost(bench: Bench, database: string): Promise<void> {
  await bench.sql(
    database,
    `insert into post_rate.ratings (post_id, user_id, score) select n, 'first', n % 6 from generate_series(1, ${backlogPosts}) n`,
  )
}

/** First ratings of users who rated nothing yet, on posts in random order. */
async function rateRandomly(bench: Bench, database: string, rows: number, round: number): Promise<void> {
  await bench.sql(
    database,
    `insert into post_rate.ratings (post_id, user_id, score)
select 1 + floor(random() * ${backlogPosts}), 'user-${round}-' || n, floor(random() * 6) from generate_series(1, ${rows}) n`,
    // A plan made for an empty outbox would take minutes for a full one.
    'analyze post_rate.rating_outbox',
    'checkpoint',
  )
}
