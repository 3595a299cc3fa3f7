import type { Migration } from '../migration.ts'
import { ratings } from './0001-ratings.ts'

/** Every migration in its order. To change the schema, append one. */
export const migrations: readonly Migration[] = [ratings]
