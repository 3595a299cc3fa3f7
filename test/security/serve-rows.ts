import { connect } from 'node:net'
import { gzipSync } from 'node:zlib'
import type { Row } from './row.ts'
import type { ServeStage } from './serve-stage.ts'

type ServeRow = Row<ServeStage>

const rating = '/posts/1/rating'
const megabyte = 2 ** 20
/** How much a process may grow over a row: garbage that has not been collected yet, far below what was sent. */
const flat = 64 * megabyte
/** Longest time that others may wait meanwhile, milliseconds: generous, since tests share the machine. */
const patience = 1000

// Packed before anybody measures: it keeps this process busy, too.
const bomb = gzipSync(Buffer.alloc(100 * megabyte))

export const serveRows: readonly ServeRow[] = [
  large('20 bodies of 1 MB', '413', ({ send }) => times(20, () => send('PUT', rating, 'x'.repeat(megabyte)))),
  large('100 MB without a length: cut off early', '413', ({ stream }) => times(1, () => stream('PUT', rating, 100))),
  large('a gzip bomb of 100 MB', '415', ({ send }) =>
    times(5, () => send('PUT', rating, bomb, { 'content-encoding': 'gzip' })),
  ),
  large(
    'depth 100,000',
    '400',
    ({ send }) => {
      const deep = '['.repeat(100_000) + ']'.repeat(100_000)
      return times(5, () => send('POST', '/posts', deep))
    },
    6,
  ),
  large(
    'objects in objects, 40,000 deep',
    '400',
    ({ send }) => {
      const deep = `${'{"a":'.repeat(40_000)}1${'}'.repeat(40_000)}`
      return times(5, () => send('POST', '/posts', deep))
    },
    6,
  ),
  large(
    'an array of 120,000 in 240 KB',
    '400',
    ({ send }) => {
      const wide = `[${'0,'.repeat(120_000)}0]`
      return times(5, () => send('POST', '/posts', wide))
    },
    6,
  ),
  large(
    'an array of 1,000,000',
    '413',
    ({ send }) => {
      const wide = `[${'0,'.repeat(1_000_000)}0]`
      return times(2, () => send('POST', '/posts', wide))
    },
    6,
  ),
  {
    number: 7,
    where: 'HTTP',
    input: '50 bodies that never end',
    expected: 'others are served, no connection of the pool is held',
    check: async ({ port, send, sql }) => {
      const head = `PUT ${rating} HTTP/1.1\r\nHost: x\r\nX-User: slow\r\nContent-Type: application/json\r\nContent-Length: 11\r\n\r\n{"sc`
      const sockets = Array.from({ length: 50 }, () => connect(port, '127.0.0.1'))
      for (const socket of sockets) socket.on('error', () => {}).write(head)
      await new Promise((resolve) => setTimeout(resolve, 300))
      const began = performance.now()
      const status = await send('GET', '/posts')
      const waited = performance.now() - began
      const held = await sql(
        "select from pg_stat_activity where application_name = 'post-rate' and datname = current_database() and state like 'idle in transaction%' and now() - state_change > interval '250 ms'",
      )
      for (const socket of sockets) socket.destroy()
      return status === '200' && waited < patience && held.length === 0
        ? 'others are served, no connection of the pool is held'
        : `${status} after ${waited} ms, ${held.length} held`
    },
  },
  named(18, 'a user id of 10 KB', `X-User: ${'x'.repeat(10_000)}`, '401'),
  named(18, 'a user id that is no UTF-8', 'X-User: caf\xe9', '401'),
  named(18, 'the user header twice', 'X-User: ada\r\nX-User: bo', '401'),
  named(18, 'a control character in the user header', 'X-User: a\x01b', '400'),
  named(18, 'no user in the user header', 'X-User:   ', '401'),
  named(7, 'headers of 20 KB', `X-User: ada\r\nX-Long: ${'x'.repeat(20_000)}`, '431'),
  named(27, 'two lengths of one body', 'X-User: ada\r\nTransfer-Encoding: chunked', '400'),
]

function large(input: string, status: string, send: (stage: ServeStage) => Promise<string[]>, number = 5): ServeRow {
  const expected = `${status}, memory flat, others served`
  return {
    number,
    where: 'HTTP',
    input,
    expected,
    check: async (stage) => {
      const first = await attempt(stage)
      // Another process may have had the machine: what is slow by itself is slow again.
      return first === expected ? first : attempt(stage)
    },
  }

  async function attempt(stage: ServeStage): Promise<string> {
    const before = await stage.memory()
    const watch = stage.watch()
    const seen = new Set(await send(stage))
    const longest = await watch.longest()
    const grown = (await stage.memory()) - before
    const memory = grown < flat ? 'memory flat' : `memory grew by ${Math.round(grown / megabyte)} MB`
    const others = longest < patience ? 'others served' : `others waited ${Math.round(longest)} ms`
    return `${[...seen].join('/')}, ${memory}, ${others}`
  }
}

/** A rating with headers as no well-behaved client sends them. */
function named(number: number, input: string, header: string, expected: string): ServeRow {
  return {
    number,
    where: 'HTTP',
    input,
    expected,
    check: async ({ raw }) => {
      const body = '{"score":5}'
      const { status, leaked } = await raw(
        `PUT ${rating} HTTP/1.1\r\nHost: x\r\n${header}\r\nContent-Type: application/json\r\nContent-Length: ${body.length}\r\nConnection: close\r\n\r\n${body}`,
      )
      return leaked ? `${status}, leaks` : status
    },
  }
}

async function times(count: number, send: () => Promise<string>): Promise<string[]> {
  const seen: string[] = []
  for (let n = 0; n < count; n++) seen.push(await send())
  return seen
}
