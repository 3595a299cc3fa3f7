import { setTimeout as sleep } from 'node:timers/promises'
import { fileURLToPath } from 'node:url'
import { eventually } from '../../helpers/eventually.ts'
import { type FailurePoint, failurePoints } from '../failure-points.ts'
import type { FaultCase, Probe } from '../fault-case.ts'
import type { Role } from '../role.ts'
import type { World } from '../world.ts'

const script = fileURLToPath(new URL('../failing-relay.js', import.meta.url))
/** What the contract promises of a relay that is dead or stopped. */
const takeoverLimitMs = 15_000

interface Lease {
  holder: string
  term: string
}

/** Who relays now; null where nobody does. */
async function leaseOf(world: World): Promise<Lease | null> {
  const [lease] = await world.sql<Lease & { held: boolean }>(
    `select holder, term, expires_at > clock_timestamp() as held from post_rate.leases where name = 'relay:0/1'`,
  )
  return lease?.held ? lease : null
}

/** Makes a relay of its own the leading one, with the others behind it, and waits until it has come to its point. */
async function failAt(world: World, point: FailurePoint, signal: 'SIGKILL' | 'SIGSTOP', name: string): Promise<Role> {
  const failing = world.addRole('other', name, [script, point, signal, String(world.random.below(6))], true)
  for (const relay of world.relays) relay.signal('SIGSTOP')
  try {
    const before = await leaseOf(world)
    failing.start()
    await failing.says(/The relay runs|reached/)
    await cutLeaseShort(world)
    await eventually(async () => ((await leaseOf(world))?.term ?? before?.term) !== before?.term, {
      timeout: 30_000,
      message: 'The failing relay got no lease',
    })
  } finally {
    for (const relay of world.relays) relay.signal('SIGCONT')
  }
  await failing.says(new RegExp(`reached ${point}`))
  return failing
}

async function cutLeaseShort(world: World): Promise<void> {
  await world.sql("update post_rate.leases set expires_at = '-infinity' where name = 'relay:0/1'")
}

async function takenOver(world: World, from: Lease | null, probe: Probe): Promise<void> {
  const began = performance.now()
  await eventually(
    async () => {
      const lease = await leaseOf(world)
      return lease !== null && lease.term !== from?.term
    },
    { timeout: 40_000, message: 'No other relay took over' },
  )
  const ms = performance.now() - began
  probe.reached('takeovers')
  if (ms > takeoverLimitMs) probe.wrong(`another relay took over after ${(ms / 1000).toFixed(1)} s`)
}

export const relayCases: readonly FaultCase[] = [
  {
    name: 'relay-killed',
    row: 'C2',
    title: 'a relay dies by SIGKILL at each point of its batch; another takes over within 15 s',
    async run(world, probe) {
      for (const [n, point] of failurePoints.entries()) {
        const failing = await failAt(world, point, 'SIGKILL', `failing-relay-${n}`)
        const lease = await leaseOf(world)
        await failing.stop('SIGKILL')
        if (failing.endings[0]?.code !== 'SIGKILL') probe.wrong(`${point}: ended with ${failing.endings[0]?.code}`)
        probe.reached(point)
        // The first takeover is waited for as it comes; for the others the lease is cut short.
        if (n > 0) await cutLeaseShort(world)
        await takenOver(world, lease, probe)
      }
    },
  },
  {
    name: 'relay-stopped',
    row: 'C3',
    title: 'a relay is stopped in the middle of a fold, another takes over, and the first wakes up again',
    async run(world, probe) {
      for (const point of ['inside fold', 'after publish'] as const) {
        const zombie = await failAt(world, point, 'SIGSTOP', `zombie-${point.replace(' ', '-')}`)
        const lease = await leaseOf(world)
        await takenOver(world, lease, probe)
        await sleep(6_000)
        zombie.signal('SIGCONT')
        const awake = await leaseOf(world)
        await sleep(4_000)
        // Its transaction was ended by the server, and its lease has another holder: it must stand back.
        if (point === 'inside fold' && /failed; trying again/.test(zombie.output)) probe.reached('zombie fenced')
        if ((await leaseOf(world))?.holder !== awake?.holder) probe.wrong('the zombie took the lease back')
        probe.reached(`stopped ${point}`)
        await zombie.stop()
      }
      probe.reached('zombie fenced', 0)
    },
  },
  {
    name: 'relay-backends-killed',
    row: 'C4',
    title: "the relay's sessions are terminated in the middle of its statements",
    async run(world, probe) {
      for (const until = Date.now() + 8_000; Date.now() < until; ) {
        const killed = await world.sql(
          `select pg_terminate_backend(pid) from pg_stat_activity where application_name = 'post-rate'
           and query ~ 'rating_outbox|relay_progress|leases' and state <> 'idle'`,
        )
        probe.reached('sessions terminated', killed.length)
        await sleep(20)
      }
    },
  },
]
