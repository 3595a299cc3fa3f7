import type { DisplaySettings, Settings } from '../domain/settings.ts'

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
   * Takes effect in all processes after `delaySeconds`, per post after what readers were promised. Also ranks every post
   * anew where the prior changed. Repeating it is safe.
   */
  change(settings: DisplaySettings & { relayShards: number }, delaySeconds: number): Promise<DeploymentRow>
}
