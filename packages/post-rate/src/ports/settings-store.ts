import type { DisplaySettings, Settings } from '../domain/settings.ts'

/** The deployment's settings: one row in the database. */
export interface SettingsStore {
  /** Rejects with `SCHEMA_TOO_OLD` before the first migration. */
  load(): Promise<Settings>
  /** Takes effect in all processes after `delaySeconds`, per post after what readers were promised. */
  change(settings: DisplaySettings, delaySeconds: number): Promise<Settings>
}
