// `npm run schemathesis`: tsx reads the TypeScript next door.
import { register } from 'tsx/esm/api'

register()
const { runSchemathesis } = await import('./run-schemathesis.ts')
process.exitCode = await runSchemathesis(process.argv.slice(2))
