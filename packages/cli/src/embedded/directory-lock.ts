import { randomBytes } from 'node:crypto'
import { link, readFile, rename, rm, stat, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import { identityOf, isRunning } from './process-identity.ts'

/** A holder needs a few seconds; one that has held the lock for longer is stuck. */
const patience = 90_000

/** Runs `work` while no other process runs its own under the same directory's lock. A dead holder's lock is taken over. */
export async function withDirectoryLock<T>(directory: string, work: () => Promise<T>): Promise<T> {
  const lock = join(directory, 'lock')
  const own = join(directory, `lock-${process.pid}-${randomBytes(4).toString('hex')}`)
  await writeFile(own, identityOf(process.pid))
  try {
    while (!(await take(own, lock))) {
      await breakStaleLock(own, lock)
      await sleep(25 + Math.random() * 50)
    }
    try {
      return await work()
    } finally {
      await rm(lock, { force: true })
    }
  } finally {
    await rm(own, { force: true })
  }
}

/** A hard link, so that the lock never exists without its holder's name in it. */
async function take(own: string, lock: string): Promise<boolean> {
  try {
    await link(own, lock)
    return true
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'EEXIST') return false
    throw error
  }
}

async function breakStaleLock(own: string, lock: string): Promise<void> {
  const holder = await staleHolder(lock)
  if (holder === null) return
  const broken = `${own}-broken`
  try {
    await rename(lock, broken)
    // Another process may have broken the stale lock first: what was moved away is then a live one, and goes back.
    if ((await readFile(broken, 'utf8')) !== holder) await link(broken, lock)
  } catch (error) {
    const { code } = error as NodeJS.ErrnoException
    if (code !== 'ENOENT' && code !== 'EEXIST') throw error
  } finally {
    await rm(broken, { force: true })
  }
}

/** The name of a holder that is dead or stuck; null where the lock is free or well held. */
async function staleHolder(lock: string): Promise<string | null> {
  try {
    const [holder, { ctimeMs }] = await Promise.all([readFile(lock, 'utf8'), stat(lock)])
    return !isRunning(holder) || Date.now() - ctimeMs > patience ? holder : null
  } catch {
    return null
  }
}
