import test from 'ava'
import { withPostgres } from '../helpers/requires.ts'
import { leaseStoreCases } from './lease-store.ts'
import { declare, onMemory, onPostgres } from './record.ts'

declare('memory', test as never, leaseStoreCases, onMemory)
declare('postgres', withPostgres, leaseStoreCases, onPostgres)
