import type { IncidentEvent } from '../domain/incident.ts'

/** Sends events of incidents to an address of the host's. */
export interface Webhook {
  /**
   * Resolves when the receiver has answered with a 2xx status. Rejects with the reason otherwise, without address and secret, also when
   * `signal` is aborted. Not idempotent: a receiver tells a repetition by the event's `id`.
   */
  send(event: IncidentEvent, signal?: AbortSignal): Promise<void>
}
