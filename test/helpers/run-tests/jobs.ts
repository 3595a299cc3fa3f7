import { dirname } from 'node:path'
import type { Random } from '../random.ts'

/** Test files that one AVA process runs, one after the other. */
export interface Job {
  files: string[]
  /** Expected duration. */
  seconds: number
}

/** Assumed for a file that has never been timed. */
const unknownSeconds = 5
/** Files below this share an AVA process, which takes half a second of processor time to start. */
const shortSeconds = 10
const jobSeconds = 30

/**
 * Orders files for the lanes: the longest first, so that none is left over at the end. Files of about the same duration
 * (within a factor of two) come in random order, and short files of one directory share a process at random.
 */
export function planJobs(files: readonly string[], durations: ReadonlyMap<string, number>, random: Random): Job[] {
  const secondsOf = (file: string) => durations.get(file) ?? unknownSeconds
  const jobs: Job[] = []
  const open = new Map<string, Job>()
  for (const file of random.shuffle(files)) {
    const seconds = secondsOf(file)
    const shared = open.get(dirname(file))
    if (seconds >= shortSeconds) jobs.push({ files: [file], seconds })
    else if (shared && shared.seconds + seconds <= jobSeconds) {
      shared.files.push(file)
      shared.seconds += seconds
    } else {
      const job = { files: [file], seconds }
      open.set(dirname(file), job)
      jobs.push(job)
    }
  }
  const magnitude = ({ seconds }: Job) => Math.floor(Math.log2(Math.max(seconds, 1)))
  // The sort is stable: jobs of one magnitude stay shuffled.
  return random.shuffle(jobs).sort((a, b) => magnitude(b) - magnitude(a))
}

/** Runs jobs in `lanes` side by side; each lane takes the next job when it has ended one. */
export async function runInLanes(jobs: readonly Job[], lanes: number, run: (job: Job) => Promise<void>): Promise<void> {
  const waiting = [...jobs]
  const work = async () => {
    for (let job = waiting.shift(); job !== undefined; job = waiting.shift()) await run(job)
  }
  await Promise.all(Array.from({ length: Math.min(lanes, jobs.length) }, work))
}
