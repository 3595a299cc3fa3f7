import { execFile } from 'node:child_process'
import { appendFileSync, mkdirSync, rmSync, statSync } from 'node:fs'
import { join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import { promisify } from 'node:util'
import { eventually } from '../../helpers/eventually.ts'
import { findCommand, runCommand } from '../../helpers/services/commands.ts'
import { type MovingClock, movingClock } from '../../helpers/services/moving-clock.ts'
import { freePort } from '../../helpers/services/ports.ts'
import { postgresBinaries } from '../../helpers/services/postgres-binaries.ts'
import { startProcess } from '../../helpers/services/processes.ts'
import { newServerDirectory } from '../../helpers/services/server-directories.ts'
import type { FaultCase, Probe } from '../fault-case.ts'
import { acceptGoingBack } from '../run-case.ts'
import { FaultyServer } from '../servers.ts'
import type { World } from '../world.ts'

async function acceptAndTell(world: World, probe: Probe): Promise<void> {
  const { lost, invented } = await acceptGoingBack(world)
  probe.lostByNature(lost)
  probe.reached('ratings gone', lost)
  for (const one of invented) probe.wrong(`nobody ever sent ${one}`)
}

async function floorOf(world: World): Promise<number> {
  const [row] = await world.sql<{ floor: string }>('select version_floor as floor from post_rate.settings')
  return Number(row?.floor)
}

async function floorRises(world: World, from: number, probe: Probe): Promise<void> {
  await eventually(async () => (await floorOf(world)) > from, { timeout: 40_000, message: 'The version floor stays' })
  probe.reached('floor raised')
}

/** A standby of the primary that streams from it. */
async function startStandby(world: World, clock: MovingClock | null = null): Promise<FaultyServer> {
  const primary = new URL(world.postgres.url)
  const directory = await newServerDirectory('standby')
  const data = join(directory, 'server')
  mkdirSync(data, { mode: 0o700 })
  const basebackup = join(postgresBinaries(), 'pg_basebackup')
  const from = ['-h', '127.0.0.1', '-p', primary.port, '-U', primary.username]
  runCommand(basebackup, [...from, '-D', data, '-R', '-X', 'stream', '-c', 'fast'], {
    env: { PATH: process.env.PATH, PGPASSWORD: primary.password },
  })
  const port = await freePort()
  appendFileSync(join(data, 'postgresql.auto.conf'), `port = '${port}'\n`)
  const { uid, gid } = statSync(world.postgres.directory)
  if (process.getuid?.() === 0) runCommand('chown', ['-R', `${uid}:${gid}`, directory], {})
  const handle = await startProcess({
    command: join(postgresBinaries(), 'postgres'),
    args: ['-D', data],
    cwd: directory,
    logFile: join(directory, 'log'),
    ...(clock ? { env: { ...process.env, ...clock.env } } : {}),
    ...(process.getuid?.() === 0 ? { runAs: { uid, gid } } : {}),
  })
  const url = new URL(primary)
  url.port = String(port)
  return new FaultyServer({ url: url.toString(), processes: [handle], directory, stopSignal: 'SIGINT' })
}

/** A standby takes over that learned nothing for some seconds; its clock is ahead where one is given. */
async function failOver(world: World, probe: Probe, clock: MovingClock | null = null): Promise<void> {
  const floor = await floorOf(world)
  clock?.set(aheadSeconds)
  const standby = await startStandby(world, clock)
  world.onClose(() => standby.dispose())
  const primary = world.postgres
  await eventually(
    async () => {
      const [row] = await world.sql<{ state: string }>('select state from pg_stat_replication')
      return row?.state === 'streaming'
    },
    { timeout: 30_000, message: 'The standby does not stream' },
  )
  await sleep(1_000)
  // From now on the standby learns nothing more.
  world.postgres = standby
  await world.sql("alter system set primary_conninfo = ''")
  await world.sql('select pg_reload_conf()')
  await sleep(4_000)
  await world.load.pauseWrites()
  await primary.end('SIGKILL')
  await world.sql('select pg_promote()')
  await eventually(
    async () => {
      const [row] = await world.sql<{ standby: boolean }>('select pg_is_in_recovery() as standby')
      return row?.standby === false
    },
    { timeout: 30_000, message: 'The standby is not promoted' },
  )
  await acceptAndTell(world, probe)
  world.proxies.postgres.retarget(standby.port)
  world.load.resumeWrites()
  await floorRises(world, floor, probe)
}

/** A dump of the database, and what makes the database anew from it. */
async function dumped(world: World): Promise<{ dump: string; restore: () => Promise<void> }> {
  const url = new URL(world.postgres.url)
  const dump = join(await newServerDirectory('dump'), 'dump')
  const env = { PATH: process.env.PATH, PGPASSWORD: url.password }
  const to = ['-h', '127.0.0.1', '-p', url.port, '-U', url.username]
  const name = url.pathname.slice(1)
  const run = (command: string, ...args: string[]) =>
    promisify(execFile)(findCommand(command) ?? join(postgresBinaries(), command), [...to, ...args], { env })
  await run('pg_dump', '-Fc', '-f', dump, name)
  const restore = async () => {
    const server = await world.connect('postgres')
    await server.query(`drop database ${name} with (force)`)
    await server.query(`create database ${name}`)
    await server.end()
    await run('pg_restore', '-d', name, dump)
  }
  return { dump, restore }
}

const aheadSeconds = 3_600

function clockOf(world: World): MovingClock {
  if (world.clock === null) throw new Error('No C compiler (Debian package `gcc`) for the clock')
  return world.clock
}

/** Lets the relays fold under a clock that is ahead, and puts it right. */
async function setRight(world: World, clock: MovingClock, probe: Probe): Promise<void> {
  await eventually(
    async () => {
      const [row] = await world.sql<{ ahead: boolean }>(
        'select max(as_of) > $1::timestamptz as ahead from post_rate.post_stats',
        [new Date(Date.now() + 1_000 * (aheadSeconds - 60))],
      )
      return row?.ahead
    },
    { timeout: 20_000, message: 'Nothing was folded while the clock was ahead' },
  )
  probe.reached('folded an hour ahead')
  clock.set(0)
  await eventually(
    async () => (await world.sql("select from post_rate.leases where name = 'clock:set-back'")).length > 0,
    { timeout: 20_000, message: 'No relay has noticed that the clock was set back' },
  )
  probe.reached('noticed')
  const late = await eventually(
    async () => {
      const [row] = await world.sql<{ n: number }>(
        "select count(*)::int as n from post_rate.post_stats where step_at > clock_timestamp() + interval '1 minute'",
      )
      return row?.n === 0 && row
    },
    { timeout: 20_000, message: 'Displays still wait for an hour' },
  )
  if (late.n > 0) probe.wrong(`${late.n} posts wait for an hour`)
}

export const goingBackCases: readonly FaultCase[] = [
  {
    name: 'database-clock',
    row: 'C32',
    title: 'the clock of PostgreSQL is an hour ahead for some seconds, then right again',
    goesBack: true,
    async run(world, probe) {
      const clock = clockOf(world)
      clock.set(aheadSeconds)
      await sleep(6_000)
      await setRight(world, clock, probe)
    },
  },
  {
    name: 'failover',
    row: 'C7',
    title: 'a standby that lagged is promoted: acknowledged ratings are gone, versions went back',
    goesBack: true,
    run: (world, probe) => failOver(world, probe),
  },
  {
    name: 'restored-dump',
    row: 'C8',
    title: 'the database is restored from a dump of some seconds ago',
    goesBack: true,
    async run(world, probe) {
      const floor = await floorOf(world)
      const { dump, restore } = await dumped(world)
      await sleep(4_000)
      await world.load.pauseWrites()
      world.proxies.postgres.refuse()
      await restore()
      rmSync(dump)
      await acceptAndTell(world, probe)
      world.proxies.postgres.heal()
      world.load.resumeWrites()
      await floorRises(world, floor, probe)
    },
  },
  {
    name: 'restored-under-roles',
    row: 'C35',
    title: 'the database is dropped, made and restored from a dump while API, relay and consumer go on',
    goesBack: true,
    async run(world, probe) {
      const { dump, restore } = await dumped(world)
      await sleep(2_000)
      const [errors, away] = [world.load.statusCount(500), world.load.statusCount(503)]
      await restore()
      probe.reached('503', world.load.statusCount(503) - away)
      if (world.load.statusCount(500) > errors) probe.wrong(`${world.load.statusCount(500) - errors} answers of 500`)
      rmSync(dump)
      await world.load.pauseWrites()
      await acceptAndTell(world, probe)
      world.load.resumeWrites()
    },
  },
  {
    name: 'failover-clock',
    row: 'C33',
    title: 'a standby whose clock is an hour ahead is promoted, then its clock is put right',
    goesBack: true,
    async run(world, probe) {
      const clock = movingClock(await newServerDirectory('standby-clock'))
      await failOver(world, probe, clock)
      await setRight(world, clock, probe)
    },
  },
]
