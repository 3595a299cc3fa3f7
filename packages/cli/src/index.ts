#!/usr/bin/env node
import { Interrupted } from './errors.ts'
import { run } from './run.ts'

/** Milliseconds within which a second signal is the first again: a terminal and a wrapper such as npm both send it. */
const echo = 50

const stop = new AbortController()
let stoppedAt = 0
for (const name of ['SIGINT', 'SIGTERM'] as const) {
  process.on(name, () => {
    // The first asks to finish what is in hand; a second one does not wait for it.
    if (!stop.signal.aborted) {
      stoppedAt = performance.now()
      stop.abort(new Interrupted(name))
    } else if (performance.now() - stoppedAt > echo) process.exit(name === 'SIGINT' ? 130 : 143)
  })
}
const { stdin, stdout, stderr, env } = process
// Whoever reads the output may go away at any time, also after the command has ended.
stdout.on('error', () => {})
stderr.on('error', () => {})
const exitCode = await run(process.argv.slice(2), {
  stdin,
  stdout,
  stderr,
  env,
  cwd: process.cwd(),
  signal: stop.signal,
})
// Output to a pipe may still be on its way.
await Promise.all([stdout, stderr].map((stream) => new Promise((resolve) => stream.write('', resolve))))
process.exit(exitCode)
