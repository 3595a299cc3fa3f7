import test from 'ava'
import express from 'express'
import { httpSuites } from './suites/index.ts'

test('this process has Express 5', (t) => {
  t.false('del' in express())
})

httpSuites()
