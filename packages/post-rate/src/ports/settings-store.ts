import type { DisplaySettings, RoleSettings, Settings } from '../domain/settings.ts'

/** What all processes of one database share: one row. */
export interface DeploymentRow {
  settings: Settings
  /** Whether the posts are in this schema or in a table of the host's. */
  posts: 'own' | 'external'
  /** Stable over the deployment's life: the `source` of its messages. */
  source: string
  /** Versions rise above it. */
  versionFloor: number
}

/** The deployment's row in the database. */
export interface SettingsStore {
  /** Rejects with `SCHEMA_TOO_OLD` before the first migration. */
  load(): Promise<DeploymentRow>
  /**
   * Changes the given settings and keeps the others, also those that another process changes at the same time. Takes effect in
   * all processes after `delaySeconds`, per post after what readers were promised. Also corrects the rank of every post that
   * does not follow the stored prior, so repeat a change that failed.
   */
  change(settings: Partial<DisplaySettings & RoleSettings>, delaySeconds: number): Promise<DeploymentRow>
}
