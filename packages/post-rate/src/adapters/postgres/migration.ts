import type { DisplaySettings } from '../../domain/settings.ts'

/** What a migration may depend on. `schema` is a validated identifier. */
export interface MigrationContext {
  schema: string
  posts: 'own' | 'external'
  settings: DisplaySettings
}

/** One step of the schema: append-only, never edited once released. */
export interface Migration {
  version: number
  name: string
  sql: (context: MigrationContext) => string
}
