import { spawn } from 'node:child_process'
import { fileURLToPath } from 'node:url'

// AVA takes one file at a time here, for the tests that share servers. Unit tests share nothing: two of it take half the files each.
const halves = [0, 1]
const ava = fileURLToPath(new URL('../../node_modules/ava/entrypoints/cli.mjs', import.meta.url))
const files = ['test/unit/**/*.test.ts', 'test/unit/**/*.test.tsx']

const codes = await Promise.all(
  halves.map((half) => {
    const env = { ...process.env, AVA_FORCE_CI: 'ci', CI_NODE_INDEX: `${half}`, CI_NODE_TOTAL: `${halves.length}` }
    const child = spawn(process.execPath, [ava, ...files], { env, stdio: 'inherit' })
    return new Promise((resolve, reject) => child.once('error', reject).once('close', (code) => resolve(code ?? 1)))
  }),
)
process.exitCode = Math.max(...codes)
