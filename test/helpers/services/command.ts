import { acquire, environment, release, status } from './services.ts'

const usage = `usage: npm run services -- up|down|status|env
  up      start what is not running yet; it stays up until \`down\`
  down    stop what \`up\` or a test run started
  status  one line per service
  env     DATABASE_URL, REDIS_URL and KAFKA_BROKERS of what runs`

/** Runs one command of `npm run services`; resolves with its exit code. */
export async function run(args: readonly string[]): Promise<number> {
  switch (args[0]) {
    case 'up': {
      const { missing } = await acquire({ hold: true, log: (line) => console.error(line) })
      printStatus()
      return Object.keys(missing).length === 0 ? 0 : 1
    }
    case 'down':
      await release({ force: true, log: (line) => console.error(line) })
      return 0
    case 'status':
      printStatus()
      return 0
    case 'env':
      for (const [name, value] of Object.entries(environment())) console.log(`${name}=${value}`)
      return 0
    default:
      console.error(usage)
      return 2
  }
}

function printStatus(): void {
  for (const { name, text } of status()) console.log(`${name.padEnd(9)} ${text}`)
}
