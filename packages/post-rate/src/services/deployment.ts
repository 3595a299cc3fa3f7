import type { DeploymentRow, SettingsStore } from '../ports/settings-store.ts'

/** How long a process may work with settings that were changed elsewhere; a change waits longer than this. */
export const settingsMaxAgeSeconds = 5

/** Room for versions between two floors: see {@link copyCeiling}. */
const versionsPerFloor = 2 ** 40

/** A copy's version is possible only below it; a message beyond is a forgery. */
export function copyCeiling(deployment: DeploymentRow): number {
  return deployment.versionFloor + versionsPerFloor
}

/** A key of the stats store beyond it is corruption, not a sign that the database went back. */
export function corruptionCeiling(deployment: DeploymentRow): number {
  return deployment.versionFloor + 16 * versionsPerFloor
}

/** The last floor whose {@link corruptionCeiling} leaves versions below 2^53. */
const highestFloor = 2 ** 53 - 17 * versionsPerFloor

/**
 * The floor that lies above `version`: the next multiple of 2^40. There are some 8,000 of them, enough for every restore
 * and not for somebody who forges messages for days: the last one is never exceeded, and does not lie above then.
 */
export function floorAbove(version: number): number {
  return Math.min((Math.floor(version / versionsPerFloor) + 1) * versionsPerFloor, highestFloor)
}

/** What all processes of one database share, remembered for a few seconds. */
export class Deployment {
  readonly #store: SettingsStore
  readonly #maxAgeSeconds: number
  #row: DeploymentRow | null = null
  #readAt = 0
  #loading: Promise<DeploymentRow> | null = null

  constructor(store: SettingsStore, maxAgeSeconds = settingsMaxAgeSeconds) {
    this.#store = store
    this.#maxAgeSeconds = maxAgeSeconds
  }

  /** Seconds before a change of the settings takes effect: every process has read it by then. */
  get settingsDelaySeconds(): number {
    return 2 * this.#maxAgeSeconds
  }

  /** The row as far as it is fresh; null when it must be read. */
  fresh(): DeploymentRow | null {
    return performance.now() - this.#readAt < this.#maxAgeSeconds * 1000 ? this.#row : null
  }

  /** The row as it was read last, however long ago; null before the first time. */
  last(): DeploymentRow | null {
    return this.#row
  }

  /** The row, from memory or by one statement that all callers share. */
  async get(): Promise<DeploymentRow> {
    const fresh = this.fresh()
    if (fresh) return fresh
    this.#loading ??= this.#store
      .load()
      .then((row) => this.remember(row))
      .finally(() => {
        this.#loading = null
      })
    return this.#loading
  }

  /** Takes a row that another statement brought along. */
  remember(row: DeploymentRow): DeploymentRow {
    this.#row = row
    this.#readAt = performance.now()
    return row
  }

  forget(): void {
    this.#row = null
  }
}
