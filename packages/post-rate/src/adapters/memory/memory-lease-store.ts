import type { Lease, LeaseStore } from '../../ports/lease-store.ts'
import type { MemoryRecord } from './memory-record.ts'

/** Leases in a {@link MemoryRecord}; they expire by its clock. Presence rows (`member:…`) tell how many share. */
export class MemoryLeaseStore implements LeaseStore {
  readonly #record: MemoryRecord

  constructor(record: MemoryRecord) {
    this.#record = record
  }

  async acquire(names: readonly string[], holder: string, seconds: number): Promise<Lease[]> {
    const { leases } = this.#record
    const now = this.#record.clock.now()
    const expiresAt = now + seconds * 1000
    const presence = `member:${names[0]?.split(':')[0]}:`
    leases.set(`${presence}${holder}`, { holder, term: 1, expiresAt })
    const members = [...leases].filter(([name, lease]) => name.startsWith(presence) && lease.expiresAt > now).length
    const share = Math.ceil(names.length / members)
    const candidates = [...names].sort().filter((name) => {
      const lease = leases.get(name)
      return lease === undefined || lease.holder === holder || lease.expiresAt < now
    })
    const mine = candidates.filter((name) => leases.get(name)?.holder === holder)
    const free = candidates.filter((name) => leases.get(name)?.holder !== holder)
    for (const name of mine.slice(share)) this.#giveBack(name)
    const taken = [...mine, ...free].slice(0, share)
    for (const name of taken) {
      const old = leases.get(name)
      const term = old?.holder === holder ? old.term : (old?.term ?? 0) + 1
      leases.set(name, { holder, term, expiresAt })
    }
    return (await this.list()).filter((lease) => taken.includes(lease.name))
  }

  async release(holder: string): Promise<void> {
    const { leases } = this.#record
    for (const [name, lease] of leases) {
      if (lease.holder !== holder) continue
      if (name.startsWith('member:')) leases.delete(name)
      else this.#giveBack(name)
    }
  }

  async list(): Promise<Lease[]> {
    const now = this.#record.clock.now()
    return [...this.#record.leases]
      .filter(([name]) => !name.startsWith('member:'))
      .map(([name, { holder, term, expiresAt }]) => ({
        ...{ name, holder, term },
        secondsLeft: Number.isFinite(expiresAt) ? (expiresAt - now) / 1000 : -1,
      }))
      .sort((a, b) => (a.name < b.name ? -1 : 1))
  }

  #giveBack(name: string): void {
    const lease = this.#record.leases.get(name)
    if (lease) lease.expiresAt = Number.NEGATIVE_INFINITY
  }
}
