import '../http/as-express4.ts'

const { httpSuite } = await import('./http-suite.ts')

httpSuite('express 4')
