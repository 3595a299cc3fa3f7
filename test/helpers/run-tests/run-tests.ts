import { spawn } from 'node:child_process'
import { rmSync } from 'node:fs'
import { availableParallelism, cpus, tmpdir } from 'node:os'
import { join } from 'node:path'
import { compileTests } from '../compile.ts'
import { Random } from '../random.ts'
import { projectDirectory } from '../services/directories.ts'
import { type Acquired, acquire, release } from '../services/services.ts'
import { announce } from './announce.ts'
import { type RunOptions, readArguments, usage } from './arguments.ts'
import { readDurations, takeTimes, writeDurations } from './durations.ts'
import { type Job, planJobs, runInLanes } from './jobs.ts'
import { report } from './report.ts'
import { runAva } from './run-ava.ts'
import type { TapReader } from './tap.ts'
import { runsAlone, testFiles } from './test-files.ts'
import { findTools } from './tools.ts'

/** Beside one lane for each processor, because tests wait for servers. Measured: with one spare lane, 2 processors are 91 % busy; with two, 95 %. */
const spareLanes = 2

/**
 * Builds the packages and brings the services up, runs the tests in lanes, takes the services down again unless somebody
 * else uses them, and ends with the line `N passed, N failed`. Resolves with the exit code.
 */
export async function runTests(argv: readonly string[]): Promise<number> {
  let options: RunOptions
  try {
    options = readArguments(argv, availableParallelism() + spareLanes)
  } catch (error) {
    console.error(`${(error as Error).message}\n${usage}`)
    return 2
  }
  const interruption = new AbortController()
  const interrupt = () => interruption.abort()
  process.on('SIGINT', interrupt).on('SIGTERM', interrupt)
  try {
    const exitCode = await run(options, interruption.signal)
    return interruption.signal.aborted ? 130 : exitCode
  } catch (error) {
    console.error(interruption.signal.aborted ? 'Interrupted' : error)
    console.log('\n0 passed, 1 failed')
    return interruption.signal.aborted ? 130 : 1
  } finally {
    process.off('SIGINT', interrupt).off('SIGTERM', interrupt)
  }
}

async function run(options: RunOptions, signal: AbortSignal): Promise<number> {
  const tools = findTools()
  const needsServers = options.selection !== 'unit'
  console.log(await announce(options, tools))
  const phases: Record<string, number> = {}
  const timed = async <T>(name: string, work: Promise<T>): Promise<T> => {
    const began = performance.now()
    const result = await work
    phases[name] = (performance.now() - began) / 1000
    return result
  }
  try {
    // Both at once: a compiler takes one processor, servers wait while they start.
    const [services] = await Promise.all([
      timed('services', needsServers ? acquire({ hold: false, log: console.log }) : noServices),
      timed('build', Promise.all([build(), compileTests(projectDirectory)])),
    ])
    signal.throwIfAborted()
    const timesFile = join(tmpdir(), `post-rate-test-times-${process.pid}`)
    rmSync(timesFile, { force: true })
    const env = testEnvironment(services.urls, { ...tools.environment, ...mutantsOf(options) }, timesFile)
    const before = processorTime()
    const readers = await timed('tests', runFiles(options, env, signal))
    const after = processorTime()
    const times = takeTimes(timesFile)
    if (!signal.aborted) writeDurations(options.files.length > 0 ? 'files' : options.selection, phases, times)
    const busy = (after.busy - before.busy) / Math.max(1, after.all - before.all)
    const leftOut = needsServers ? { ...services.missing, ...tools.missing } : {}
    return report({ readers, times, phases, busy, seed: options.seed, lanes: options.lanes, leftOut })
  } finally {
    if (needsServers) await release({ force: false, log: () => {} })
  }
}

/** Runs what may run side by side in the lanes, then the rest one after the other. */
async function runFiles(options: RunOptions, env: NodeJS.ProcessEnv, signal: AbortSignal): Promise<TapReader[]> {
  const files = options.files.length > 0 ? options.files : testFiles(options.selection)
  const durations = new Map(Object.entries(readDurations().files).map(([file, { seconds }]) => [file, seconds]))
  const random = new Random(options.seed)
  const together = planJobs(
    files.filter((file) => !runsAlone(file)),
    durations,
    random,
  )
  const alone = random.shuffle(files.filter(runsAlone)).map((file): Job => ({ files: [file], seconds: 0 }))
  const readers: TapReader[] = []
  const runJob = async (job: Job) => {
    if (signal.aborted) return
    const reader = await runAva(job.files, env, signal)
    readers.push(reader)
    console.log(reader.lines.join('\n'))
  }
  await runInLanes(together, options.lanes, runJob)
  await runInLanes(alone, 1, runJob)
  return readers
}

const noServices: Promise<Acquired> = Promise.resolve({ urls: {}, missing: {} })

/** All tests run the packages that `tsc` made. Rejects when it finds an error. */
function build(): Promise<void> {
  const compiler = join(projectDirectory, 'node_modules/typescript/bin/tsc')
  return new Promise((resolve, reject) => {
    const child = spawn(process.execPath, [compiler, '-b'], {
      cwd: projectDirectory,
      stdio: ['ignore', 'inherit', 'inherit'],
    })
    child.once('error', reject)
    child.once('close', (code) => (code === 0 ? resolve() : reject(new Error(`tsc -b ended with exit code ${code}.`))))
  })
}

/** The environment of the tests: where the services are, and nothing of the developer's own configuration. */
function testEnvironment(
  urls: Acquired['urls'],
  variables: Record<string, string>,
  timesFile: string,
): NodeJS.ProcessEnv {
  const own = Object.entries(process.env).filter(
    ([name]) => !/^(POST_RATE_(?!SERVICES_DIR)|DATABASE_URL|REDIS_URL|KAFKA_BROKERS)/.test(name),
  )
  return {
    ...Object.fromEntries(own),
    ...variables,
    TEST_TIMES_FILE: timesFile,
    ...(urls.postgres && { TEST_DATABASE_URL: urls.postgres }),
    ...(urls.redis && { TEST_REDIS_URL: urls.redis }),
    ...(urls.kafka && { TEST_KAFKA_BROKERS: urls.kafka }),
  }
}

function mutantsOf({ allMutants }: RunOptions): Record<string, string> {
  return allMutants ? { TEST_ALL_MUTANTS: 'true' } : {}
}

/** Milliseconds that all processors of the machine have spent so far. */
function processorTime(): { busy: number; all: number } {
  const times = cpus().map((cpu) => cpu.times)
  const all = times.reduce((sum, { user, nice, sys, idle, irq }) => sum + user + nice + sys + idle + irq, 0)
  return { all, busy: all - times.reduce((sum, { idle }) => sum + idle, 0) }
}
