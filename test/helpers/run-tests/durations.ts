import { appendFileSync, existsSync, mkdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { dirname, join } from 'node:path'
import { projectDirectory } from '../services/directories.ts'

/** Time that one test process took. */
export interface FileTime {
  file: string
  /** From its start to its end. */
  seconds: number
  /** Processor time of the test process and, on Linux, of the commands that it started and saw end. Servers are not in it. */
  cpuSeconds: number
}

/** Durations of the last run on this machine. Ignored by git. */
const measured = join(projectDirectory, '.cache/test-durations.json')
/** Durations that a fresh clone starts with: copy `files` of the measured ones here when they have changed much. */
const committed = join(import.meta.dirname, 'durations.json')

interface Durations {
  /** Seconds of the whole run, by selection. */
  runs: Record<string, number>
  files: Record<string, Omit<FileTime, 'file'>>
}

/** The durations of the last run, or those of the repository for what has not run here yet. */
export function readDurations(): Durations {
  const [known, own] = [read(committed), read(measured)]
  return { runs: { ...known.runs, ...own.runs }, files: { ...known.files, ...own.files } }
}

/** Keeps the durations of a run for the next one, with the seconds of its phases. */
export function writeDurations(run: string, phases: Record<string, number>, times: readonly FileTime[]): void {
  const before = read(measured)
  const seconds = Object.values(phases).reduce((sum, phase) => sum + phase, 0)
  const files = Object.fromEntries(
    times.map(({ file, seconds, cpuSeconds }) => [file, { seconds: round(seconds), cpuSeconds: round(cpuSeconds) }]),
  )
  const after = {
    runs: { ...before.runs, [run]: round(seconds) },
    phases: Object.fromEntries(Object.entries(phases).map(([name, phase]) => [name, round(phase)])),
    files: sorted({ ...before.files, ...files }),
  }
  mkdirSync(dirname(measured), { recursive: true })
  writeFileSync(measured, `${JSON.stringify(after, null, 2)}\n`)
}

/** Called in a test process: notes the time of a compiled test in `path` when it ends. */
export function noteTimeAtExit(file: string, path: string): void {
  process.once('exit', () => {
    const { user, system } = process.cpuUsage()
    const cpuSeconds = (user + system) / 1e6 + childrenCpuSeconds()
    const time: FileTime = { file, seconds: performance.now() / 1000, cpuSeconds }
    appendFileSync(path, `${JSON.stringify(time)}\n`)
  })
}

/** Fields 16 and 17 of `/proc/PID/stat` (proc(5)), in ticks of a hundredth of a second. */
function childrenCpuSeconds(): number {
  if (process.platform !== 'linux') return 0
  const stat = readFileSync('/proc/self/stat', 'utf8')
  // The second field, the command's name in parentheses, may hold spaces.
  const fields = stat.slice(stat.lastIndexOf(')') + 2).split(' ')
  return (Number(fields[13]) + Number(fields[14])) / 100
}

/** Reads and removes what the test processes noted, with the names of the sources. */
export function takeTimes(path: string): FileTime[] {
  try {
    const lines = readFileSync(path, 'utf8').trimEnd().split('\n')
    return lines.map((line) => {
      const { file, ...time } = JSON.parse(line) as FileTime
      const source = file.replace(/\.js$/, '.ts')
      return { file: existsSync(join(projectDirectory, source)) ? source : `${source}x`, ...time }
    })
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') return []
    throw error
  } finally {
    rmSync(path, { force: true })
  }
}

function read(path: string): Durations {
  try {
    const { runs = {}, files = {} } = JSON.parse(readFileSync(path, 'utf8')) as Partial<Durations>
    return { runs, files }
  } catch {
    // Never written, or cut short: the run is only balanced less well.
    return { runs: {}, files: {} }
  }
}

function sorted<T>(files: Record<string, T>): Record<string, T> {
  return Object.fromEntries(Object.entries(files).sort(([a], [b]) => (a < b ? -1 : 1)))
}

function round(seconds: number): number {
  return Math.round(seconds * 10) / 10
}
