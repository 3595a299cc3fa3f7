import { invalidInput, isPostRateError } from '../errors.ts'
import type { StatsStore } from '../ports/stats-store.ts'
import type { Deployment } from './deployment.ts'

/** Time without a sign of a deployment after which another one may take its stats store over. */
export const holdMs = 3_000

/**
 * Two deployments in one stats store would take each other's cached states for their own, and overwrite them for ever.
 * Every writer therefore holds the store for its deployment, from before its first state on. A reconciler at work renews
 * the hold every second; a store whose deployment is silent can be taken over.
 */
export class HoldStore {
  readonly #store: StatsStore
  readonly #deployment: Deployment
  #heldUntil = 0
  #asking: Promise<void> | null = null

  constructor(store: StatsStore, deployment: Deployment) {
    this.#store = store
    this.#deployment = deployment
  }

  /**
   * Takes or renews the hold, at most once in some hundred milliseconds.
   * @throws PostRateError INVALID_INPUT while another deployment holds the store, UNAVAILABLE where the store does not answer
   */
  async hold(): Promise<void> {
    if (!this.#store.keeps || performance.now() < this.#heldUntil) return
    this.#asking ??= this.#ask().finally(() => {
      this.#asking = null
    })
    await this.#asking
  }

  /** As {@link hold}, but waits once for as long as the hold of a deployment lasts that has just ended. */
  async take(): Promise<void> {
    try {
      await this.hold()
    } catch (error) {
      if (!isPostRateError(error) || error.code !== 'INVALID_INPUT') throw error
      await new Promise((resolve) => setTimeout(resolve, holdMs + 200))
      await this.hold()
    }
  }

  async #ask(): Promise<void> {
    const { source } = await this.#deployment.get()
    const asked = performance.now()
    const { holder = source } = await this.#store.mark({ source, holdMs })
    if (holder !== source)
      throw invalidInput(
        'redisPrefix',
        'another deployment keeps its statistics under this prefix in this Redis: give each one a prefix of its own',
      )
    this.#heldUntil = asked + holdMs / 4
  }
}
