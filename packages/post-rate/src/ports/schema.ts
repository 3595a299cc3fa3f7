import type { DisplayOptions } from '../domain/settings.ts'

export interface MigrationStatus {
  version: number
  name: string
  /** ISO 8601; null while it is pending. */
  appliedAt: string | null
}

export interface MigrateOptions {
  /** `external`: the posts live in the host's own table; no posts table and no foreign key are made. */
  posts?: 'own' | 'external' | undefined
  /** First settings of a new deployment; what is left out has its default (guard, 300 s, 10:2.5). */
  settings?: DisplayOptions | undefined
}

/** What should count every change and does not, or keeps what does from it. */
export interface Bypass {
  /** A trigger and its table, or a role or database whose sessions fire none. */
  what: string
  state: 'missing' | 'disabled' | 'replica only' | 'replica'
  /** The SQL that puts it right; what was changed meanwhile is found by `verify` and counted by `rebuild`. */
  remedy: string
}

/** The schema of the record. */
export interface Schema {
  /** Applies what is pending; forward only, safe when several run it. Rejects with `SCHEMA_TOO_NEW`. Resolves to what it applied. */
  migrate(options: MigrateOptions): Promise<MigrationStatus[]>
  /** Every migration this version knows and every one the database has. */
  status(): Promise<MigrationStatus[]>
  /** Rejects with `SCHEMA_TOO_OLD` or `SCHEMA_TOO_NEW` where this version cannot work on the database. */
  check(): Promise<void>
  /** Triggers that do not fire, and sessions in which none of them does. */
  bypasses(): Promise<Bypass[]>
}
