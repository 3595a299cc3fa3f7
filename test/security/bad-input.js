// `npm run bad-input`: the tests of bad input, which print their table then.
import { register } from 'tsx/esm/api'

register()
process.env.PRINT_BAD_INPUT = '1'
const { runTests } = await import('../helpers/run-tests/run-tests.ts')
process.exitCode = await runTests(['test/security/bad-input*.test.ts'])
