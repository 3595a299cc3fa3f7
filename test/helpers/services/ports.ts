import { mkdirSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs'
import { createServer } from 'node:net'
import { tmpdir, userInfo } from 'node:os'
import { join } from 'node:path'
import { isRunning, ownProcess, type ProcessHandle } from './processes.ts'

/** Milliseconds after which a claim whose process has ended may be removed. */
const staleAfter = 3_600_000

const claims = new Set<string>()

/**
 * Ports on the loopback interface on which nobody listens, below the range from which outgoing connections take theirs.
 * They stay reserved for this process until it ends, in a directory that all test processes of this user share: another
 * process cannot choose one before this process, or a server that it starts, listens there.
 */
export async function freePorts(count: number): Promise<number[]> {
  const ports: number[] = []
  while (ports.length < count) {
    const port = 21_000 + Math.floor(Math.random() * 11_000)
    if (claim(port) && (await isFree(port))) ports.push(port)
  }
  return ports
}

/** One such port. */
export async function freePort(): Promise<number> {
  const [port] = await freePorts(1)
  return port as number
}

/** Whether the port belongs to this process alone from now on. */
function claim(port: number): boolean {
  const directory = join(tmpdir(), `post-rate-ports-${userInfo().uid}`)
  mkdirSync(directory, { recursive: true })
  const file = join(directory, `${port}.json`)
  try {
    writeFileSync(file, JSON.stringify(ownProcess()), { flag: 'wx' })
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== 'EEXIST') throw error
    removeStale(file)
    return false
  }
  if (claims.size === 0) process.once('exit', releaseAll)
  claims.add(file)
  return true
}

/** A process that was killed leaves its claims. They are removed late, so that none is taken from a new owner. */
function removeStale(file: string): void {
  try {
    if (Date.now() - statSync(file).mtimeMs < staleAfter) return
    if (!isRunning(JSON.parse(readFileSync(file, 'utf8')) as ProcessHandle)) rmSync(file, { force: true })
  } catch (error) {
    // Its owner removed it meanwhile.
    if ((error as NodeJS.ErrnoException).code !== 'ENOENT') throw error
  }
}

function releaseAll(): void {
  for (const file of claims) rmSync(file, { force: true })
}

function isFree(port: number): Promise<boolean> {
  return new Promise((resolve) => {
    const server = createServer()
    server.once('error', () => resolve(false))
    server.listen(port, '127.0.0.1', () => server.close(() => resolve(true)))
  })
}
