import { checkDisplaySettings, type DisplaySettings, type RoleSettings } from '../../domain/settings.ts'
import type { DeploymentRow, SettingsStore } from '../../ports/settings-store.ts'
import type { MemoryRecord } from './memory-record.ts'

/** The deployment's row in a {@link MemoryRecord}. */
export class MemorySettingsStore implements SettingsStore {
  readonly #record: MemoryRecord

  constructor(record: MemoryRecord) {
    this.#record = record
  }

  async load(): Promise<DeploymentRow> {
    return this.#record.deployment
  }

  async change(changed: Partial<DisplaySettings & RoleSettings>, delaySeconds: number): Promise<DeploymentRow> {
    const { deployment, clock } = this.#record
    const now = clock.now()
    const { relayShards, audit, publishExclusions, quarantine, releaseAfterHours, ...old } = deployment.settings
    const replaced = old.previous !== null && now < old.effectiveAt
    const effectiveAt = now + delaySeconds * 1000
    const previous = replaced ? old.previous : old
    const settings = {
      ...checkDisplaySettings({ ...old, ...changed }),
      relayShards: changed.relayShards ?? relayShards,
      audit: changed.audit ?? audit,
      publishExclusions: changed.publishExclusions ?? publishExclusions,
      quarantine: changed.quarantine ?? quarantine,
      releaseAfterHours: changed.releaseAfterHours ?? releaseAfterHours,
      effectiveAt,
      previous,
    }
    this.#record.deployment = { ...deployment, settings }
    return this.#record.deployment
  }
}
