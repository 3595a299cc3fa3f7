import type { Bench } from '../bench.ts'
import { race } from '../race.ts'
import { digits } from '../report.ts'
import type { Row } from '../row.ts'
import { quantile } from '../statistics.ts'

const starts = 9

/** How long the command line takes to say what it can. */
export const start: Row = {
  id: 'P11',
  title: '`post-rate --help`',
  async run(bench) {
    const { ratios, values } = await race(bench.runs, {
      checkout: () => starting(bench, ['bin/post-rate.js', '--help']),
      installed: () => starting(bench, ['packages/cli/dist/index.js', '--help']),
      peer: () => starting(bench, ['-e', '0']),
    })
    return (['checkout', 'installed'] as const).map((name, n) => ({
      id: `P11${'ab'[n]}`,
      title: name === 'checkout' ? this.title : `${this.title}, as npm installs it`,
      peer: '`node -e 0`',
      result: ratios[name],
      unit: '×' as const,
      bound: { atMost: 2.5 },
      measured: `${digits(values[name].median)} ms against ${digits(values.peer.median)} ms`,
    }))
  },
}

/** Median milliseconds of a process from its start to its end. */
async function starting(bench: Bench, args: readonly string[]): Promise<number> {
  const took: number[] = []
  for (let n = 0; n < starts; n++) {
    const began = performance.now()
    await bench.command(process.execPath, args)
    took.push(performance.now() - began)
  }
  return quantile(took, 0.5)
}
