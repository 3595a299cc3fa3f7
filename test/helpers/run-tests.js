// Entry of `npm test`, `npm run test:proofs` and `npm run test:unit`: lets tsx read the TypeScript beside it.
import { register } from 'tsx/esm/api'

register()
const { runTests } = await import('./run-tests/run-tests.ts')
process.exitCode = await runTests(process.argv.slice(2))
