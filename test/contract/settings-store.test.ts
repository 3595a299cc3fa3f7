import test from 'ava'
import { withPostgres } from '../helpers/requires.ts'
import { declare, onMemory, onPostgres } from './record.ts'
import { settingsStoreCases } from './settings-store.ts'

declare('memory', test as never, settingsStoreCases, onMemory)
declare('postgres', withPostgres, settingsStoreCases, onPostgres)
