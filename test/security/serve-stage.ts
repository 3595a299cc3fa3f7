import { readFile } from 'node:fs/promises'
import http from 'node:http'
import { connect } from 'node:net'
import type { ExecutionContext } from 'ava'
import { spawnCli, workingDirectory } from '../cli/run-cli.ts'
import { eventually } from '../helpers/eventually.ts'
import { runSql, testDatabase } from '../helpers/test-database.ts'
import { exchange } from '../http/http-host.ts'
import { leak } from './row.ts'

export interface ServeStage {
  port: number
  /** Resolves with the status, and with `leaks` where the answer gives something away. */
  send: (method: string, path: string, body?: string | Uint8Array, headers?: Record<string, string>) => Promise<string>
  /** Sends so many megabytes without saying how many, until it is answered. */
  stream: (method: string, path: string, megabytes: number) => Promise<string>
  /** Sends text as it is. */
  raw: (request: string) => Promise<{ status: string; leaked: boolean }>
  sql: (text: string) => Promise<unknown[]>
  /** Resident bytes of the server's process. */
  memory: () => Promise<number>
  /** Asks for something else all the while. */
  watch: () => { longest: () => Promise<number> }
}

/** `post-rate serve` as a process of its own, with two posts. */
export async function startServeStage(t: ExecutionContext<unknown>): Promise<ServeStage> {
  const database = await testDatabase(t)
  for (const title of ['One', 'Two'])
    await runSql(database, 'insert into post_rate.posts (title, content, created_by) values ($1, $1, $1)', [title])
  const argv = ['serve', '--port', '0', '--auth', 'header:X-User', '--no-relay']
  const server = spawnCli(t, argv, { env: { DATABASE_URL: database }, cwd: await workingDirectory(t) })
  const port = Number(await eventually(() => /^http:\S+:(\d+)\/$/m.exec(server.stdout)?.[1], { timeout: 60_000 }))
  const send: ServeStage['send'] = async (method, path, body, headers = {}) => {
    const { status, text } = await exchange(port, method, path, { user: 'ada', headers, ...(body && { body }) })
    return leak.test(text) ? `${status} leaks` : String(status)
  }
  for (let n = 0; n < 20; n++) await send('GET', '/posts')
  return {
    port,
    send,
    stream: (method, path, megabytes) => again(() => stream(port, method, path, megabytes)),
    raw: (request) => raw(port, request),
    sql: (text) => runSql(database, text),
    memory: async () => {
      const status = await readFile(`/proc/${server.pid}/status`, 'utf8')
      return Number(/^VmRSS:\s+(\d+) kB$/m.exec(status)?.[1]) * 1024
    },
    watch: () => watch(port),
  }
}

/** A server that cuts a request off may close the connection before its answer has been read, which is then lost. */
async function again(request: () => Promise<string>): Promise<string> {
  for (let attempt = 1; ; attempt++) {
    try {
      return await request()
    } catch (error) {
      const { code = '' } = error as NodeJS.ErrnoException
      if (attempt === 5 || !['EPIPE', 'ECONNRESET'].includes(code)) throw error
    }
  }
}

function stream(port: number, method: string, path: string, megabytes: number): Promise<string> {
  const headers = { 'content-type': 'application/json', 'x-user': 'ada' }
  const request = http.request({ port, host: '127.0.0.1', method, path, headers, agent: false })
  const chunk = Buffer.alloc(2 ** 20, 'x')
  let sent = 0
  return new Promise((resolve, reject) => {
    const answered = (status: number | undefined) => {
      request.destroy()
      resolve(sent < megabytes ? String(status) : `${status} after all of it`)
    }
    request.on('response', (response) => {
      response.on('error', () => {})
      answered(response.statusCode)
    })
    request.on('error', reject)
    const more = () => {
      if (request.destroyed) return
      if (sent >= megabytes) return void request.end()
      sent++
      request.write(chunk, () => setImmediate(more))
    }
    more()
  })
}

function raw(port: number, request: string): Promise<{ status: string; leaked: boolean }> {
  return new Promise((resolve, reject) => {
    const socket = connect(port, '127.0.0.1')
    let text = ''
    socket.on('data', (chunk) => {
      text += chunk
    })
    socket.on('error', reject)
    socket.on('close', () => {
      const status = /^HTTP\/1\.1 (\d+)/.exec(text)?.[1] ?? 'no answer'
      resolve({ status, leaked: leak.test(text) })
    })
    socket.write(Buffer.from(request, 'latin1'))
  })
}

function watch(port: number): { longest: () => Promise<number> } {
  let longest = 0
  let stopped = false
  const watching = (async () => {
    while (!stopped) {
      const began = performance.now()
      await exchange(port, 'GET', '/livez', {})
      longest = Math.max(longest, performance.now() - began)
      await new Promise((resolve) => setTimeout(resolve, 10))
    }
  })()
  return {
    longest: async () => {
      stopped = true
      await watching
      return longest
    },
  }
}
