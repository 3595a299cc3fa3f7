import test from 'ava'
import { withPostgres } from '../helpers/requires.ts'
import { rebuildStoreCases } from './rebuild-store.ts'
import { declare, onMemory, onPostgres } from './record.ts'

declare('memory', test as never, rebuildStoreCases, onMemory)
declare('postgres', withPostgres, rebuildStoreCases, onPostgres)
