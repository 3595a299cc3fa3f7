import { rm } from 'node:fs/promises'
import { join } from 'node:path'
import { composeAnswers, composeDown, composeIsUp, composeProject, composeUp } from './compose.ts'
import { runDirectory } from './directories.ts'
import { wantedPostgres } from './postgres-binaries.ts'
import { isRunning, ownProcess } from './processes.ts'
import { isUp, type Server, stopServer } from './server.ts'
import { newServerDirectory, sweep } from './server-directories.ts'
import { exclusively, readState, type ServiceName, type State, serviceNames, writeState } from './state.ts'

/** Told what is going on, a line at a time. */
export type Log = (line: string) => void

export interface Acquired {
  /** URLs of the services that run. */
  urls: Partial<Record<ServiceName, string>>
  /** Why the others do not. */
  missing: Partial<Record<ServiceName, string>>
}

/** Loaded when one is started: every test process asks here where the services are, and few start any. */
const starters: Record<ServiceName, (directory: string, log: Log) => Promise<Server>> = {
  postgres: async (directory) => (await import('./postgres.ts')).startPostgres(directory),
  redis: async (directory) => (await import('./redis.ts')).startRedis(directory),
  kafka: async (directory, log) => (await import('./kafka.ts')).startKafka(directory, { log }),
}

/** Name and version of what a starter would start. Rejects with the reason where it cannot. */
const describers: Record<ServiceName, () => Promise<string>> = {
  postgres: async () => (await import('./postgres.ts')).describePostgres(),
  redis: async () => (await import('./redis.ts')).describeRedis(),
  kafka: async () => (await import('./kafka-node.ts')).describeKafka(),
}

/**
 * Starts what does not run yet and notes this process as a user, or with `hold` keeps everything up until a forced
 * release. A service that cannot be had is reported in `missing`; nothing is thrown for it.
 */
export async function acquire({ hold, log }: { hold: boolean; log: Log }): Promise<Acquired> {
  return exclusively(async () => {
    const state = readState()
    state.users = state.users.filter(isRunning)
    await sweep(directoriesOf(state))
    if (hold) state.held = true
    else state.users.push(ownProcess())
    if (!(await useCompose(state, log))) await startMissing(state, log)
    writeState(state)
    return { urls: urlsOf(state), missing: state.missing }
  })
}

/** Ends this process's use; stops everything when nobody else uses or holds it, or with `force` in any case. */
export async function release({ force, log }: { force: boolean; log: Log }): Promise<void> {
  await exclusively(async () => {
    const state = readState()
    const own = ownProcess()
    state.users = state.users.filter((user) => user.pid !== own.pid && isRunning(user))
    if (!force && (state.held || state.users.length > 0)) return writeState(state)

    if (state.composeProject) composeDown(state.composeProject)
    else await Promise.all(Object.values(state.servers).map(stopServer))
    await sweep([])
    await rm(join(runDirectory(), 'state.json'), { force: true })
    log('The test services are down')
  })
}

/** What runs, for people. */
export function status(): { name: ServiceName; text: string }[] {
  const state = readState()
  const urls = urlsOf(state)
  return serviceNames.map((name) => ({ name, text: urls[name] ?? `down${because(state.missing[name])}` }))
}

/** Lists the services that `acquire` would start, with their versions, and the reason for each other one. Starts nothing. */
export async function previewServices(): Promise<{ starts: string[]; missing: Acquired['missing'] }> {
  const state = readState()
  const missing: Acquired['missing'] = {}
  const waiting = serviceNames.filter((name) => !isUpIn(state, name))
  if (waiting.length === serviceNames.length && mayUseCompose())
    return { starts: ['PostgreSQL, Redis and Kafka with Docker Compose'], missing }
  const starts: string[] = []
  for (const name of waiting) {
    try {
      starts.push(await describers[name]())
    } catch (error) {
      missing[name] = (error as Error).message
    }
  }
  return { starts, missing }
}

/** The environment that makes `post-rate` use what runs. */
export function environment(): Record<string, string> {
  const names: Record<ServiceName, string> = { postgres: 'DATABASE_URL', redis: 'REDIS_URL', kafka: 'KAFKA_BROKERS' }
  const urls = urlsOf(readState())
  return Object.fromEntries(serviceNames.flatMap((name) => (urls[name] ? [[names[name], urls[name]]] : [])))
}

async function useCompose(state: State, log: Log): Promise<boolean> {
  if (state.composeProject) {
    if (composeIsUp(state.composeProject)) return true
    state.composeProject = null
    state.servers = {}
  }
  if (Object.values(state.servers).some(isUp) || !mayUseCompose()) return false
  log('Starting PostgreSQL, Redis and Kafka with Docker Compose')
  try {
    const urls = await composeUp()
    const server = (url: string): Server => ({ url, processes: [], directory: '', stopSignal: 'SIGTERM' })
    state.servers = { postgres: server(urls.postgres), redis: server(urls.redis), kafka: server(urls.kafka) }
    state.composeProject = composeProject
    state.missing = {}
    return true
  } catch (error) {
    log(`Docker Compose did not bring them up, trying what is installed: ${(error as Error).message}`)
    composeDown(composeProject)
    return false
  }
}

/** Compose brings a PostgreSQL of its own version, and servers that single tests start would have another. */
function mayUseCompose(): boolean {
  return wantedPostgres() === undefined && composeAnswers()
}

async function startMissing(state: State, log: Log): Promise<void> {
  state.missing = {}
  await Promise.all(
    serviceNames.map(async (name) => {
      if (isUpIn(state, name)) return
      const known = state.servers[name]
      delete state.servers[name]
      if (known) await stopServer(known)
      log(`Starting ${name}`)
      const directory = await newServerDirectory(name)
      try {
        state.servers[name] = await starters[name](directory, log)
      } catch (error) {
        await rm(directory, { recursive: true, force: true })
        state.missing[name] = (error as Error).message
        log(`Cannot start ${name}: ${(error as Error).message}`)
      }
    }),
  )
}

function isUpIn(state: State, name: ServiceName): boolean {
  const server = state.servers[name]
  return server !== undefined && isUp(server)
}

function directoriesOf(state: State): string[] {
  return Object.values(state.servers).map(({ directory }) => directory)
}

function urlsOf(state: State): Partial<Record<ServiceName, string>> {
  const running = Object.entries(state.servers).filter(([, server]) => isUp(server))
  return Object.fromEntries(running.map(([name, { url }]) => [name, url]))
}

function because(reason: string | undefined): string {
  return reason ? `: ${reason}` : ''
}
