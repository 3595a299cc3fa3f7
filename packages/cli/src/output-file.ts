import { randomBytes } from 'node:crypto'
import { constants, type Stats } from 'node:fs'
import { type FileHandle, link, lstat, open, readlink, rename, rm, stat } from 'node:fs/promises'
import { dirname, resolve } from 'node:path'
import { Writable } from 'node:stream'
import { finished } from 'node:stream/promises'
import { isatty } from 'node:tty'
import { CommandError } from './errors.ts'

/** A file that a command writes. Call `commit` when its content is complete, or `discard`; both close the stream. */
export interface OutputFile {
  stream: Writable
  isTerminal: boolean
  /** Makes the content visible under its name. A regular file is replaced in one step and keeps its mode and owner. */
  commit(): Promise<void>
  /** Leaves the file as it was, where it is a regular file or was none. */
  discard(): Promise<void>
}

export interface OutputOptions {
  /** Overwrites what holds data already: a regular file or a block device. */
  force: boolean
  signal: AbortSignal
}

/**
 * Opens a file for writing. A regular file is written as a draft beside it. A FIFO or a device is written through: it stays
 * what it is, and nothing behind `/dev/fd/63` is created. A symbolic link is followed and stays.
 * @throws CommandError where data would be overwritten without `force`, or the file cannot be opened
 */
export async function openOutput(file: string, cwd: string, { force, signal }: OutputOptions): Promise<OutputFile> {
  const path = resolve(cwd, file)
  try {
    const found = await statOf(path)
    if (found?.isDirectory()) throw new CommandError(`Cannot write ${file}: it is a directory.`)
    if (!force && (found?.isFile() || found?.isBlockDevice()))
      throw new CommandError(`${file} exists: add --force to overwrite it, or choose another name.`)
    if (found !== null && !found.isFile()) return await writeThrough(path, signal)
    return await draftOf(await targetOf(path), found, file)
  } catch (error) {
    throw asCommandError(error, file)
  }
}

/** Names the file in an error of the file system. Other errors stay as they are, and so does EPIPE: the reader had enough. */
export function asCommandError(error: unknown, file: string): unknown {
  const { syscall, code } = error as NodeJS.ErrnoException
  if (syscall === undefined || code === 'EPIPE') return error
  return new CommandError(`Cannot write ${file}: ${(error as Error).message}`, { cause: error })
}

async function statOf(path: string): Promise<Stats | null> {
  return stat(path).catch((error: NodeJS.ErrnoException) => {
    if (error.code === 'ENOENT') return null
    throw error
  })
}

/** Follows symbolic links. The file at their end need not exist. */
async function targetOf(path: string, links = 0): Promise<string> {
  const found = await lstat(path).catch(() => null)
  // `stat` has refused longer chains already.
  if (!found?.isSymbolicLink() || links === 40) return path
  return targetOf(resolve(dirname(path), await readlink(path)), links + 1)
}

/** Opening a FIFO waits for its reader; the signal ends that wait. */
async function writeThrough(path: string, signal: AbortSignal): Promise<OutputFile> {
  signal.throwIfAborted()
  const aborted = new Promise<never>((_, reject) => {
    signal.addEventListener('abort', () => reject(signal.reason), { once: true })
  })
  const handle = await Promise.race([open(path, constants.O_WRONLY), aborted])
  const isTerminal = isatty(handle.fd)
  const stream = streamTo(handle)
  const commit = async () => {
    await ended(stream)
    await handle.close()
  }
  const discard = async () => {
    stream.destroy()
    await handle.close().catch(() => {})
  }
  return { stream, isTerminal, commit, discard }
}

async function draftOf(path: string, found: Stats | null, file: string): Promise<OutputFile> {
  const draft = `${path}.${randomBytes(6).toString('hex')}.tmp`
  // Exclusive: a file or a link that somebody put there under this name is never written.
  const handle = await open(draft, 'wx', found === null ? 0o666 : 0o600)
  const stream = streamTo(handle)
  const discard = async () => {
    stream.destroy()
    await handle.close().catch(() => {})
    await rm(draft, { force: true })
  }
  const commit = async () => {
    try {
      await ended(stream)
      if (found !== null) await takeOver(handle, found, file)
      await handle.sync()
      await handle.close()
      if (found === null) await createAs(draft, path, file)
      else await rename(draft, path)
    } catch (error) {
      await discard()
      throw asCommandError(error, file)
    }
  }
  return { stream, isTerminal: false, commit, discard }
}

/** Gives the draft the owner and the mode of the file that it replaces. */
async function takeOver(handle: FileHandle, { uid, gid, mode }: Stats, file: string): Promise<void> {
  const draft = await handle.stat()
  if (draft.uid !== uid || draft.gid !== gid)
    await handle.chown(uid, gid).catch((error: Error) => {
      throw new CommandError(
        `Cannot write ${file}: its owner (${uid}:${gid}) cannot be kept. Choose another name, or run this as that account.`,
        { cause: error },
      )
    })
  await handle.chmod(mode & 0o7777)
}

/** Gives the draft its name, unless another process has made a file of that name meanwhile. */
async function createAs(draft: string, path: string, file: string): Promise<void> {
  try {
    await link(draft, path)
    await rm(draft)
  } catch (error) {
    const { code } = error as NodeJS.ErrnoException
    if (code === 'EEXIST') throw new CommandError(`${file} was made by another process meanwhile; it is left as it is.`)
    // A file system without hard links.
    if (code !== 'EPERM' && code !== 'ENOTSUP' && code !== 'ENOSYS') throw error
    await rename(draft, path)
  }
}

/** Leaves the handle open: the file is given its mode, owner and name after the last byte. */
function streamTo(handle: FileHandle): Writable {
  return new Writable({
    decodeStrings: true,
    writev: (chunks, done) => {
      handle.writeFile(Buffer.concat(chunks.map(({ chunk }) => chunk as Buffer))).then(() => done(), done)
    },
  })
}

async function ended(stream: Writable): Promise<void> {
  stream.end()
  await finished(stream)
}
