import type { StatsStore } from 'post-rate'

/**
 * Two stores as one, for moving from one Redis to another: what is written goes to both, and readers are answered by the
 * second one where the first is away. The reconciler fills the second one, since it speaks for both.
 */
export class MirroredStatsStore implements StatsStore {
  readonly keeps = true
  readonly #first: StatsStore
  readonly #second: StatsStore

  constructor(first: StatsStore, second: StatsStore) {
    this.#first = first
    this.#second = second
  }

  read: StatsStore['read'] = (...args) => this.#first.read(...args).catch(() => this.#second.read(...args))

  apply: StatsStore['apply'] = async (...args) => {
    const [outcomes] = await Promise.all([this.#first.apply(...args), this.#second.apply(...args)])
    return outcomes
  }

  ids: StatsStore['ids'] = () => this.#first.ids()

  remove: StatsStore['remove'] = async (ids) => {
    await Promise.all([this.#first.remove(ids), this.#second.remove(ids)])
  }

  mark: StatsStore['mark'] = async (set) => {
    const [mark] = await Promise.all([this.#first.mark(set), this.#second.mark(set)])
    return mark
  }
}
