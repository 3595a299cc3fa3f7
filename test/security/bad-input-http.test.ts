import { httpSuite } from './http-suite.ts'

httpSuite('express 5')
