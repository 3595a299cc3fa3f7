#!/usr/bin/env node
import { existsSync } from 'node:fs'
import { fileURLToPath } from 'node:url'

// The checkout's launcher: the command line as it was built last.
const entry = new URL('../packages/cli/dist/index.js', import.meta.url)
if (existsSync(fileURLToPath(entry))) await import(entry.href)
else {
  process.stderr.write('post-rate is not built yet: run `npm run build` in the checkout first.\n')
  process.exitCode = 1
}
