// Runs before anything is built: tsx reads the TypeScript next door.
import { register } from 'tsx/esm/api'

register()
const { run } = await import('./command.ts')
process.exitCode = await run(process.argv.slice(2))
