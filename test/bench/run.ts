import { mkdirSync, writeFileSync } from 'node:fs'
import { cpus, totalmem } from 'node:os'
import { join } from 'node:path'
import { parseArgs } from 'node:util'
import { projectDirectory } from '../helpers/services/directories.ts'
import { Bench } from './bench.ts'
import { plot } from './plot.ts'
import { table } from './report.ts'
import { type Finding, reaches } from './row.ts'
import { rows } from './rows/index.ts'

const usage = `usage: npm run bench [-- [--runs N] [--scale FACTOR] [--out DIRECTORY] ROW…]
Measures the rows with these ids (P1, P2…), or all of them, each against its peer in the same run. Prints one table and
writes it as bench.json and bench.svg. --runs: counted runs of each contender (5); --scale: how much of the full load (1).
P14 runs for ten minutes where it is asked for by name, and for two beside the others.`

process.exitCode = await main()

async function main(): Promise<number> {
  const { values, positionals } = parseArgs({
    allowPositionals: true,
    options: {
      runs: { type: 'string', default: '5' },
      scale: { type: 'string', default: '1' },
      out: { type: 'string', default: join(projectDirectory, 'node_modules/.cache/bench') },
      help: { type: 'boolean', default: false },
    },
  })
  const unknown = positionals.filter((wanted) => !rows.some(({ id }) => id === wanted))
  const [runs, scale] = [Number(values.runs), Number(values.scale)]
  if (values.help || unknown.length > 0 || !(Number.isInteger(runs) && runs > 0 && scale > 0)) {
    console.error(unknown.length > 0 ? `${usage}\nUnknown rows: ${unknown.join(', ')}` : usage)
    return values.help ? 0 : 2
  }
  const minutes = positionals.includes('P14') ? 10 : 2
  const bench = new Bench({ runs, scale, minutes, log: (line) => console.error(line) })
  process.once('SIGINT', () => void bench.close().finally(() => process.exit(130)))
  const began = performance.now()
  const findings: Finding[] = []
  const failed: string[] = []
  try {
    for (const row of rows.filter(({ id }) => positionals.length === 0 || positionals.includes(id))) {
      const since = performance.now()
      console.error(`${row.id} ${row.title}`)
      try {
        const found = await row.run(bench)
        findings.push(...found)
        console.error(table(found))
      } catch (error) {
        failed.push(row.id)
        console.error(error)
      }
      console.error(`  ${Math.round((performance.now() - since) / 1000)} s`)
    }
  } finally {
    await bench.close()
  }
  const took = (performance.now() - began) / 60_000
  const machine = `${cpus().length} × ${cpus()[0]?.model.trim()}, ${Math.round(totalmem() / 2 ** 30)} GiB, Node ${process.version}`
  mkdirSync(values.out, { recursive: true })
  const record = { at: new Date().toISOString(), machine, runs, scale, minutes: took, findings }
  writeFileSync(join(values.out, 'bench.json'), `${JSON.stringify(record, null, 2)}\n`)
  writeFileSync(join(values.out, 'bench.svg'), plot(findings, machine))
  const judged = findings.filter(({ bound }) => bound !== null)
  console.log(table(findings))
  console.log(
    `\n${judged.filter(reaches).length} of ${judged.length} bounds reached; ${machine}; ${runs} runs each; ${took.toFixed(1)} min`,
  )
  console.log(`${join(values.out, 'bench.json')}\n${join(values.out, 'bench.svg')}`)
  if (failed.length > 0) console.error(`Not measured, for the errors above: ${failed.join(', ')}`)
  return failed.length > 0 ? 1 : 0
}
