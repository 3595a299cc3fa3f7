import http from 'node:http'
import { gzipSync } from 'node:zlib'
import { createRouter } from '@post-rate/express'
import test from 'ava'
import express from 'express'
import { FakePostRate } from '../fake-post-rate.ts'
import { exchange, isProblem, listen, parsers, startHost } from '../http-host.ts'

const jsonTypes = ['application/json', 'application/json; charset=utf-8', 'Application/JSON;charset="UTF-8"']
const otherTypes = [
  'text/plain',
  'application/x-www-form-urlencoded',
  'multipart/form-data; boundary=x',
  'application/json; charset=utf-7',
  'application/jsonp',
  'text/json',
]

export function bodySuite(): void {
  for (const parser of parsers) {
    test(`415: a body that is not application/json in UTF-8 (host's parser: ${parser})`, async (t) => {
      const { send, postRate } = await startHost(t, { parser, problemHandler: true })
      postRate.seed(1)
      for (const type of otherTypes) {
        const sent = { user: 'u1', headers: { 'content-type': type }, body: '{"score":4}' }
        isProblem(t, await send('PUT', '/posts/1/rating', sent), 415, 'UNSUPPORTED_MEDIA_TYPE')
      }
      isProblem(t, await send('PUT', '/posts/1/rating', { user: 'u1' }), 415, 'UNSUPPORTED_MEDIA_TYPE')
      t.deepEqual(postRate.calls, [])
      for (const type of jsonTypes) {
        const sent = { user: 'u1', headers: { 'content-type': type }, body: '{"score":4}' }
        t.is((await send('PUT', '/posts/1/rating', sent)).status, 200, type)
      }
    })

    test(`413: over 4 KiB, posts over 256 KiB, with or without a length (host's parser: ${parser})`, async (t) => {
      const { send, postRate } = await startHost(t, { parser, authorize: () => true })
      postRate.seed(1)
      for (const chunked of [false, true]) {
        const over = { user: 'u1', chunked, body: JSON.stringify({ score: 4, x: 'x'.repeat(4096) }) }
        isProblem(t, await send('PUT', '/posts/1/rating', over), 413, 'PAYLOAD_TOO_LARGE')
        isProblem(t, await send('POST', '/ratings', over), 413, 'PAYLOAD_TOO_LARGE')
        const big = { user: 'u1', chunked, body: { title: 'T', content: 'x'.repeat(256 * 1024) } }
        isProblem(t, await send('POST', '/posts', big), 413, 'PAYLOAD_TOO_LARGE')
        const full = '{"score":4}'.padEnd(4096)
        t.is((await send('PUT', '/posts/1/rating', { user: 'u1', chunked, body: full })).status, 200)
      }
    })
  }

  test('a body that the host left as text or bytes is parsed, and held to the limit', async (t) => {
    for (const parse of [express.text({ type: '*/*' }), express.raw({ type: '*/*' })]) {
      const postRate = new FakePostRate()
      postRate.seed(1)
      const app = express()
      app.use(parse, createRouter({ postRate: postRate as never, getUser: () => 'u1' }))
      const port = await listen(t, app)
      t.is((await exchange(port, 'PUT', '/posts/1/rating', { body: '{"score":3}' })).json.score, 3)
      const over = { body: '{"score":3}'.padEnd(5000), chunked: true }
      isProblem(t, await exchange(port, 'PUT', '/posts/1/rating', over), 413, 'PAYLOAD_TOO_LARGE')
    }
  })

  test('415: a content encoding, before a byte of it is inflated', async (t) => {
    const { send, postRate } = await startHost(t)
    postRate.seed(1)
    const body = gzipSync('{"score":4}')
    const sent = { user: 'u1', headers: { 'content-encoding': 'gzip' }, body }
    isProblem(t, await send('PUT', '/posts/1/rating', sent), 415, 'UNSUPPORTED_MEDIA_TYPE')
    const plain = { user: 'u1', headers: { 'content-encoding': 'identity' }, body: '{"score":4}' }
    t.is((await send('PUT', '/posts/1/rating', plain)).status, 200)
  })

  test('gzip that the host inflates is held to the limit inflated', async (t) => {
    const { send } = await startHost(t, { parser: 'before' })
    const body = gzipSync(JSON.stringify({ score: 4, x: 'x'.repeat(100_000) }))
    t.true(body.length < 4096)
    const sent = { user: 'u1', headers: { 'content-encoding': 'gzip' }, body }
    isProblem(t, await send('PUT', '/posts/1/rating', sent), 413, 'PAYLOAD_TOO_LARGE')
  })

  for (const declared of [true, false]) {
    test(`413 comes before all has been read, and a client that goes on is cut off (length declared: ${declared})`, async (t) => {
      const { port, prefix } = await startHost(t)
      const headers = { 'content-type': 'application/json', 'x-user': 'u1', ...(declared && { 'content-length': 1e9 }) }
      const request = http.request({ port, method: 'PUT', path: `${prefix}/posts/1/rating`, headers })
      const closed = new Promise((resolve) => request.on('close', resolve))
      request.on('error', () => {})
      request.write('x'.repeat(8192))
      const response = await new Promise<http.IncomingMessage>((resolve) => request.on('response', resolve))
      t.is(response.statusCode, 413)
      response.resume()
      const socket = response.socket
      while (!socket.destroyed) {
        if (!request.writableNeedDrain) request.write('x'.repeat(8192))
        await new Promise((resolve) => setTimeout(resolve, 50))
      }
      await closed
    })
  }

  test('a client that goes away in mid-body disturbs nobody', async (t) => {
    const { port, prefix, send, errors, postRate } = await startHost(t)
    postRate.seed(1)
    const headers = { 'content-type': 'application/json', 'x-user': 'u1', 'content-length': 100 }
    const request = http.request({ port, method: 'PUT', path: `${prefix}/posts/1/rating`, headers })
    request.on('error', () => {})
    request.write('{"sco')
    await new Promise((resolve) => setTimeout(resolve, 50))
    request.destroy()
    await new Promise((resolve) => setTimeout(resolve, 50))
    t.is((await send('GET', '/posts')).status, 200)
    t.deepEqual([errors, postRate.calls], [[], ['list']])
  })
}
