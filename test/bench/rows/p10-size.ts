import { encodeCursor, type PageKey } from '../../../packages/post-rate/src/domain/page-cursor.ts'
import type { Bench, Program } from '../bench.ts'
import { addUnratedPosts, type LargeDatabase, ratedPosts, tenMillionRatings } from '../large-database.ts'
import { race } from '../race.ts'
import { digits } from '../report.ts'
import type { Finding, Row } from '../row.ts'

const pageSize = 20
const atMost = 1.2
const sorts = ['newest', 'top'] as const
type Sort = (typeof sorts)[number]

/** What a call takes with a thousand times as much in the database. */
export const size: Row = {
  id: 'P10',
  title: 'the size of the database',
  async run(bench) {
    const large = await visited(bench, await tenMillionRatings(bench))
    const small = await visited(bench, await ratedPosts(bench, 100))
    const findings: Finding[] = []
    const compare = async (letter: string, title: string, against: string, ours: Call, peer: Call) => {
      const { ratios, values } = await race(bench.runs * 2, { ours, peer })
      const measured = `${digits(values.ours.median)} ms against ${digits(values.peer.median)} ms`
      const result = ratios.ours
      findings.push({ id: `P10${letter}`, title, peer: against, result, unit: '×', bound: { atMost }, measured })
    }
    const sizes = `${digits(small.posts)} posts`
    for (const [n, sort] of sorts.entries())
      await compare(
        'ab'[n] as string,
        `list p50 by ${sort}, ${digits(large.posts)} posts`,
        sizes,
        large.firstPage(sort),
        small.firstPage(sort),
      )
    for (const [n, sort] of sorts.entries())
      await compare(
        'cd'[n] as string,
        `the last page by ${sort} of ${digits(large.posts)} posts`,
        'the first page',
        large.pages(sort, [await large.lastPage(sort)]),
        large.firstPage(sort),
      )
    for (const [n, sort] of sorts.entries())
      await compare(
        'ef'[n] as string,
        `pages anywhere by ${sort}, ${digits(large.posts)} posts`,
        sizes,
        large.pages(sort, await large.pagesAnywhere(sort)),
        small.pages(sort, await small.pagesAnywhere(sort)),
      )
    await compare(
      'g',
      `rating p50, one caller, ${digits(large.ratings)} ratings`,
      `${digits(small.ratings)} ratings`,
      large.rate,
      small.rate,
    )
    for (const { stop } of [large, small]) await stop()
    return findings
  },
}

/** Median milliseconds of one run of calls: short, and many in turn, since what else the machine does comes in bursts. */
type Call = () => Promise<number>

async function visited(bench: Bench, database: LargeDatabase) {
  await addUnratedPosts(bench, database)
  const { url, ratings } = database
  const posts = database.posts * 10
  const relay = await bench.role(['relay'], { DATABASE_URL: url }, /The relay runs/)
  const visitor: Program = await bench.program('visitor', { database: url })
  const calls = Math.ceil(300 * bench.scale)
  const pages =
    (sort: Sort, cursors: readonly (string | null)[]): Call =>
    () =>
      visitor.ask({ what: 'list', calls, sort, cursors })
  const cursors = async (sort: Sort, where: string) => (await bench.sql<KeyRow>(url, keys[sort](where))).map(cursorOf)
  return {
    posts,
    ratings,
    pages,
    firstPage: (sort: Sort) => pages(sort, [null]),
    lastPage: async (sort: Sort) => (await cursors(sort, `${ends[sort]} offset ${pageSize} limit 1`))[0] as string,
    pagesAnywhere: (sort: Sort) => cursors(sort, 'random() limit 500'),
    rate: () => visitor.ask<number>({ what: 'rate', calls: Math.ceil(calls / 2), posts }),
    stop: async () => {
      await visitor.stop()
      await relay.stop()
    },
  }
}

interface KeyRow {
  id: string
  rank?: string
  count?: string
}

const keys = {
  newest: (order: string) => `select id from post_rate.posts order by ${order}`,
  top: (order: string) =>
    `select post_id as id, rank, displayed_count as count from post_rate.post_stats order by ${order}`,
}

/** The order from the end. */
const ends = { newest: 'id', top: 'rank, displayed_count, post_id' }

function cursorOf({ id, rank, count }: KeyRow): string {
  const key: PageKey =
    rank === undefined
      ? { sort: 'newest', postId: Number(id) }
      : { sort: 'top', rank, count: Number(count), postId: Number(id) }
  return encodeCursor(key)
}
