import test from 'ava'
import { withPostgres } from '../helpers/requires.ts'
import { guardStoreCases } from './guard-store.ts'
import { declare, onMemory, onPostgres } from './record.ts'

declare('memory', test as never, guardStoreCases, onMemory)
declare('postgres', withPostgres, guardStoreCases, onPostgres)
