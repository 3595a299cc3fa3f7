import test from 'ava'
import { withPostgres } from '../helpers/requires.ts'
import { declare, onMemory, onPostgres } from './record.ts'
import { recordReaderCases } from './record-reader.ts'

declare('memory', test as never, recordReaderCases, onMemory)
declare('postgres', withPostgres, recordReaderCases, onPostgres)
