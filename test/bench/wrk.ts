import { writeFileSync } from 'node:fs'
import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import type { Bench } from './bench.ts'

export interface WrkResult {
  perSecond: number
  p50Ms: number
  p99Ms: number
  /** Answers that are no 2xx or 3xx, and connections that failed. */
  errors: number
}

/** Loads a URL with `wrk` for some seconds; `script` is its Lua. Throws when anything but a success was answered. */
export async function wrk(
  bench: Bench,
  url: string,
  { seconds, connections = 64, script }: { seconds: number; connections?: number; script?: string },
): Promise<WrkResult> {
  const directory = await mkdtemp(join(tmpdir(), 'post-rate-wrk-'))
  const file = join(directory, 'load.lua')
  writeFileSync(file, `${script ?? ''}\n${report}`)
  try {
    const options = ['-t1', '--timeout', '20s', `-c${connections}`, `-d${seconds}s`, '--latency', '-s', file]
    const out = await bench.command('wrk', [...options, url])
    const found = JSON.parse(/^RESULT (.*)$/m.exec(out)?.[1] ?? 'null') as WrkResult | null
    if (found === null) throw new Error(`wrk said nothing of its result: ${out}`)
    if (found.errors > 0) throw new Error(`${url}: ${found.errors} requests failed: ${out}`)
    return found
  } finally {
    await rm(directory, { recursive: true, force: true })
  }
}

const report = `
done = function(summary, latency, requests)
  local e = summary.errors
  io.write(string.format('RESULT {"perSecond":%f,"p50Ms":%f,"p99Ms":%f,"errors":%d}\\n',
    summary.requests / summary.duration * 1e6, latency:percentile(50) / 1000, latency:percentile(99) / 1000,
    e.connect + e.read + e.write + e.status + e.timeout))
end
`
