import { execFile } from 'node:child_process'
import { fileURLToPath } from 'node:url'

const script = fileURLToPath(new URL('judge.sh', import.meta.url))

/** Asks the independent judge; resolves with what it printed, rejects with the differences. */
export function judge(database: string, redis: string, prefix: string): Promise<string> {
  return new Promise((resolve, reject) => {
    execFile('bash', [script, database, redis, prefix], { maxBuffer: 2 ** 26 }, (error, stdout, stderr) => {
      if (error) reject(new Error(`the judge found differences:\n${stdout.slice(0, 4_000)}${stderr}`))
      else resolve(stdout)
    })
  })
}
