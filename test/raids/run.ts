import { createReadStream } from 'node:fs'
import { join } from 'node:path'
import { parseArgs } from 'node:util'
import { inOrder } from '../../packages/cli/src/replay/ratings.ts'
import { readPosts } from '../../packages/cli/src/replay/read-posts.ts'
import { replay } from '../../packages/cli/src/replay/replay.ts'
import { type Laid, layOverPosts } from './labelled.ts'
import { burstOf200, pricesOf } from './prices.ts'
import { type Quiet, quietFile, quietTraffic } from './quiet.ts'
import { burstTable, dayTable, incidentTable, markdown, policyTable, priceTable, sizeTable } from './tables.ts'

const usage = `usage: npm run raids -- DIRECTORY [--quiet FILE]…
Prints the tables of DESIGN.md about recorded raids, as Markdown. DIRECTORY has metacritic-animal-crossing-2020.csv (day,score of
0-10) and steam-labelled.csv (incident,at,recommended,raid). FILE: ratings of many posts that nobody raids, such as MovieLens'.`

process.exitCode = await main()

async function main(): Promise<number> {
  const { values, positionals } = parseArgs({
    allowPositionals: true,
    options: { quiet: { type: 'string', multiple: true, default: [] }, help: { type: 'boolean', default: false } },
  })
  const [directory] = positionals
  if (values.help || directory === undefined) {
    console.error(usage)
    return values.help ? 0 : 2
  }
  const { posts: incidents } = await readPosts(createReadStream(join(directory, 'steam-labelled.csv')), {
    seed: '1',
    columns: { post: 'incident', score: 'recommended' },
    range: { low: 0, high: 1 },
    onRejected: rejected,
  })
  const laid: Laid[] = []
  for await (const one of layOverPosts(incidents)) laid.push(one)
  print('Labelled raids over ordinary posts: all', policyTable(laid))
  print('By the size of the post and the scale of the raid', sizeTable(laid))
  print('By the raid', incidentTable(laid))
  const { posts } = await readPosts(createReadStream(join(directory, 'metacritic-animal-crossing-2020.csv')), {
    seed: '1',
    range: { low: 0, high: 10 },
    onRejected: rejected,
  })
  const reviews = await replay(inOrder(posts.get('') ?? []), { windowSeconds: 300, every: 86_400 })
  print(
    'A raid from the launch on',
    dayTable(reviews, ['2020-03-20', '2020-03-23', '2020-03-24', '2020-03-26', '2020-04-07', '2020-05-02']),
  )
  print('200 zeros in half an hour on 200 ratings, three of four of new accounts', burstTable(burstOf200()))
  print(
    'New accounts for a quarter star on 200 ratings; what is held back of an honest drop',
    priceTable(await pricesOf()),
  )
  const quiet = await quietTraffic()
  for (const file of values.quiet) quiet.push(await quietFile(file))
  print('Incidents of a post in a year, without a raid', quietTable(quiet))
  return 0
}

function quietTable(all: readonly Quiet[]): string[] {
  const perYear = ({ incidents, postYears }: Quiet, name: string) => ((incidents[name] ?? 0) / postYears).toFixed(2)
  return markdown(
    ['traffic', 'posts', 'guard', 'shift'],
    all.map((quiet) => [quiet.what, String(quiet.posts), perYear(quiet, 'guard'), perYear(quiet, 'shift')]),
  )
}

function print(title: string, lines: readonly string[]): void {
  console.log(`\n${title}\n`)
  for (const line of lines) console.log(line)
}

function rejected({ record, message }: { record?: number | undefined; message: string }): void {
  console.error(`record ${record}: ${message}`)
}
