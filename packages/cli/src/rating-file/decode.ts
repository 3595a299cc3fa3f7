import { pipeline, type Readable } from 'node:stream'
import { createGunzip } from 'node:zlib'
import { CommandError } from '../errors.ts'

/** The text of a file as UTF-8, without a byte order mark, and how the file had it. */
export interface Decoded {
  chunks: AsyncGenerator<Buffer>
  /** For example `gzip` and `UTF-16LE`; empty for plain UTF-8. */
  found: string[]
}

/** Formats that cannot be read, by their first bytes. */
const packed: Record<string, { bytes: number[]; unpack: string }> = {
  'a ZIP archive or a spreadsheet': { bytes: [0x50, 0x4b, 3, 4], unpack: 'unpack it, or save it as CSV' },
  'compressed with zstd': { bytes: [0x28, 0xb5, 0x2f, 0xfd], unpack: 'try `zstdcat FILE | post-rate import -`' },
  'compressed with xz': { bytes: [0xfd, 0x37, 0x7a, 0x58, 0x5a], unpack: 'try `xzcat FILE | post-rate import -`' },
  'compressed with bzip2': { bytes: [0x42, 0x5a, 0x68], unpack: 'try `bzcat FILE | post-rate import -`' },
}

/**
 * Unpacks gzip and decodes UTF-16.
 * @throws CommandError for an empty file, and for formats that cannot be read
 */
export async function decode(source: Readable): Promise<Decoded> {
  const found: string[] = []
  let [start, chunks] = await peek(bytesOf(source), fourBytes)
  if (start.length === 0) throw new CommandError('The input is empty.')
  if (start[0] === 0x1f && start[1] === 0x8b) {
    found.push('gzip')
    ;[start, chunks] = await peek(gunzip(chunks), fourBytes)
  }
  for (const [what, { bytes, unpack }] of Object.entries(packed))
    if (bytes.every((byte, n) => start[n] === byte)) throw new CommandError(`The input is ${what}: ${unpack}.`)
  const encoding = encodingOf(start)
  if (encoding === 'utf-8') return { chunks: skip(chunks, start.subarray(0, 3).equals(utf8Mark) ? 3 : 0), found }
  found.push(encoding.toUpperCase())
  return { chunks: transcode(chunks, encoding), found }
}

const fourBytes = (start: Buffer) => start.length >= 4
const utf8Mark = Buffer.from([0xef, 0xbb, 0xbf])

/** By the byte order mark; without one by the zeros that UTF-16 has beside ASCII characters. */
function encodingOf([a, b, c, d]: Buffer): 'utf-8' | 'utf-16le' | 'utf-16be' {
  if ((a === 0xff && b === 0xfe && c === 0 && d === 0) || (a === 0 && b === 0))
    throw new CommandError('The input is UTF-32: convert it to UTF-8, for example with iconv.')
  if ((a === 0xff && b === 0xfe) || (a !== 0 && b === 0)) return 'utf-16le'
  if ((a === 0xfe && b === 0xff) || (a === 0 && b !== 0)) return 'utf-16be'
  return 'utf-8'
}

/** The first bytes, as many as are `enough` where there are so many, and everything from the beginning. */
export async function peek(
  chunks: AsyncGenerator<Buffer>,
  enough: (start: Buffer) => boolean,
): Promise<[start: Buffer, chunks: AsyncGenerator<Buffer>]> {
  let start: Buffer = Buffer.alloc(0)
  while (!enough(start)) {
    const { done, value } = await chunks.next()
    if (done) break
    start = start.length === 0 ? value : Buffer.concat([start, value])
  }
  return [start, joined(start, chunks)]
}

async function* joined(start: Buffer, rest: AsyncGenerator<Buffer>): AsyncGenerator<Buffer> {
  if (start.length > 0) yield start
  yield* rest
}

async function* bytesOf(source: Readable): AsyncGenerator<Buffer> {
  for await (const chunk of source) yield Buffer.from(chunk)
}

async function* skip(chunks: AsyncGenerator<Buffer>, length: number): AsyncGenerator<Buffer> {
  let left = length
  for await (const chunk of chunks) {
    if (left < chunk.length) yield chunk.subarray(left)
    left = Math.max(0, left - chunk.length)
  }
}

async function* gunzip(chunks: AsyncGenerator<Buffer>): AsyncGenerator<Buffer> {
  const unpacked = createGunzip()
  pipeline(chunks, unpacked, () => {})
  try {
    yield* unpacked as AsyncIterable<Buffer>
  } catch (error) {
    throw new CommandError(`The input cannot be unpacked: ${(error as Error).message}.`, { cause: error })
  }
}

async function* transcode(chunks: AsyncGenerator<Buffer>, encoding: string): AsyncGenerator<Buffer> {
  const decoder = new TextDecoder(encoding, { fatal: true })
  try {
    for await (const chunk of chunks) yield Buffer.from(decoder.decode(chunk, { stream: true }))
    yield Buffer.from(decoder.decode())
  } catch (error) {
    if (!(error instanceof TypeError)) throw error
    throw new CommandError(`The input is not valid ${encoding.toUpperCase()}.`, { cause: error })
  }
}
