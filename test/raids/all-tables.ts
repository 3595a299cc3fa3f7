import { createReadStream } from 'node:fs'
import { join } from 'node:path'
import { inOrder } from '../../packages/cli/src/replay/ratings.ts'
import { type PostsOptions, readPosts } from '../../packages/cli/src/replay/read-posts.ts'
import { replay } from '../../packages/cli/src/replay/replay.ts'
import { type Laid, layOverPosts } from './labelled.ts'
import { burstOf200, pricesOf } from './prices.ts'
import { quietFile, quietTraffic } from './quiet.ts'
import { burstTable, dayTable, incidentTable, policyTable, priceTable, quietTable, sizeTable } from './tables.ts'

/** A table in Markdown, under the name that it has in DESIGN.md. */
export interface Table {
  name: string
  lines: string[]
}

const days = ['2020-03-20', '2020-03-23', '2020-03-24', '2020-03-26', '2020-04-07', '2020-05-02']

/** All tables, one after the other: some take a minute. `quietFiles`: ratings of many posts that nobody raids. */
export async function* allTables(directory: string, quietFiles: readonly string[]): AsyncGenerator<Table> {
  const read = async (name: string, options: Partial<PostsOptions>) => {
    const onRejected = ({ record, message }: { record?: number | undefined; message: string }) =>
      console.error(`${name}, record ${record}: ${message}`)
    const { posts } = await readPosts(createReadStream(join(directory, name)), { seed: '1', onRejected, ...options })
    return posts
  }
  const columns = { post: 'incident', score: 'recommended' }
  const incidents = await read('steam-labelled.csv', { columns, range: { low: 0, high: 1 } })
  const laid: Laid[] = []
  for await (const one of layOverPosts(incidents)) laid.push(one)
  yield { name: 'labelled raids', lines: policyTable(laid) }
  yield { name: 'labelled raids by size', lines: sizeTable(laid) }
  yield { name: 'labelled raids by incident', lines: incidentTable(laid) }

  const reviews = await read('metacritic-animal-crossing-2020.csv', { range: { low: 0, high: 10 } })
  const launch = await replay(inOrder(reviews.get('') ?? []), { windowSeconds: 300, every: 86_400 })
  yield { name: 'raid from the launch on', lines: dayTable(launch, days) }
  yield { name: 'burst', lines: burstTable(burstOf200()) }
  yield { name: 'price', lines: priceTable(await pricesOf()) }
  const quiet = await quietTraffic()
  for (const file of quietFiles) quiet.push(await quietFile(file))
  yield { name: 'quiet traffic', lines: quietTable(quiet) }
}

/** The text with each table in the place of the one that follows its mark. @throws Error where a table has no mark */
export function withTables(text: string, tables: readonly Table[]): string {
  return tables.reduce((changed, { name, lines }) => {
    const [before, after] = changed.split(`<!-- raids: ${name} -->\n`)
    if (before === undefined || after === undefined) throw new Error(`There is no mark <!-- raids: ${name} -->.`)
    return `${before}<!-- raids: ${name} -->\n\n${lines.join('\n')}\n${after.replace(/^\n*(\|.*\n)*/, '')}`
  }, text)
}
