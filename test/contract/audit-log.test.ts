import test from 'ava'
import { withPostgres } from '../helpers/requires.ts'
import { auditLogCases } from './audit-log.ts'
import { declare, onMemory, onPostgres } from './record.ts'

declare('memory', test as never, auditLogCases, onMemory)
declare('postgres', withPostgres, auditLogCases, onPostgres)
