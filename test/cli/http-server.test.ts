import { once } from 'node:events'
import { connect, type Socket } from 'node:net'
import { setTimeout as sleep } from 'node:timers/promises'
import test from 'ava'
import type { Context } from '../../packages/cli/src/context.ts'
import { listen } from '../../packages/cli/src/http-server.ts'

test('a server that ends refuses new connections, and answers what kept ones have sent before it cuts them', async (t) => {
  let close = async (): Promise<unknown> => t.fail('nothing closes it')
  const context = { onClose: (work: typeof close) => (close = work) } as unknown as Context
  const url = await listen(
    context,
    (req, res) => setTimeout(() => res.end(req.url), req.url === '/slow' ? 400 : 0),
    '127.0.0.1',
    0,
  )
  const port = Number(new URL(url).port)
  const [kept, busy, unused] = await Promise.all([open(port), open(port), open(port)])
  for (const connection of [kept, busy, unused])
    t.regex(await connection.ask('/first'), /200 OK.*keep-alive.*\/first$/s)

  const slow = busy.ask('/slow')
  await sleep(100)
  const began = performance.now()
  const closed = close()
  await t.throwsAsync(open(port), { code: 'ECONNREFUSED' })
  // On its way already when the server began to close, as far as the client knows.
  t.regex(await kept.ask('/last'), /200 OK.*connection: close.*\/last$/is)
  t.regex(await slow, /200 OK.*connection: close.*\/slow$/is)
  await closed
  await Promise.all([kept, busy, unused].map(({ ended }) => ended))
  t.true(performance.now() - began < 3_000)
})

/** One connection, kept open. */
async function open(port: number) {
  const socket: Socket = connect(port, '127.0.0.1')
  await once(socket, 'connect')
  socket.on('error', () => {})
  const ended = once(socket, 'close')
  return {
    ended,
    /** Resolves with the whole answer. */
    async ask(path: string): Promise<string> {
      socket.write(`GET ${path} HTTP/1.1\r\nHost: x\r\n\r\n`)
      let answer = ''
      while (!answer.includes('\r\n\r\n') || !answer.includes(path)) {
        const [chunk] = await Promise.race([once(socket, 'data'), ended.then(() => ['the connection was cut'])])
        answer += chunk
        if (answer.includes('was cut')) break
      }
      return answer
    },
  }
}
