import test from 'ava'
import { withPostgres } from '../helpers/requires.ts'
import { notOnMemory, ratingStoreCases } from './rating-store.ts'
import { declare, onMemory, onPostgres } from './record.ts'

declare('memory', test as never, ratingStoreCases, onMemory, notOnMemory)
declare('postgres', withPostgres, ratingStoreCases, onPostgres)
