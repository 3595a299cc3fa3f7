import test from 'ava'
import { withPostgres } from '../helpers/requires.ts'
import { historyReaderCases } from './history-reader.ts'
import { declare, onMemory, onPostgres } from './record.ts'

declare('memory', test as never, historyReaderCases, onMemory)
declare('postgres', withPostgres, historyReaderCases, onPostgres)
