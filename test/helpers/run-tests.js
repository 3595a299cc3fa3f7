// What `npm test` runs after the build; tsx reads the TypeScript next door.
import { register } from 'tsx/esm/api'

register()
const { runTests } = await import('./run-tests/run-tests.ts')
process.exitCode = await runTests(process.argv.slice(2))
