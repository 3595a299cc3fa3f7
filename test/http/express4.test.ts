import './as-express4.ts'
import test from 'ava'

const { default: express } = await import('express')
const { httpSuites } = await import('./suites/index.ts')

test('this process has Express 4', (t) => {
  t.true('del' in express())
})

httpSuites()
