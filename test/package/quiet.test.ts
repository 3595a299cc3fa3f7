import { execFile } from 'node:child_process'
import { join } from 'node:path'
import test, { type ExecutionContext } from 'ava'
import { projectDirectory } from '../helpers/services/directories.ts'

const everyName = ['post-rate', '@post-rate/express']
/** Nobody listens on port 1. */
const options = `{
  database: 'postgres://nobody:secret@127.0.0.1:1/none',
  redis: 'redis://127.0.0.1:1',
  kafka: { brokers: ['127.0.0.1:1'] },
}`

test('importing the packages does nothing but import', async (t) => {
  const { notes } = await watched(t, everyName.map((name) => `await import('${name}')`).join('\n'))
  t.deepEqual(notes, { acts: [], reads: [], resources: [], signals: 0 })
})

test('creating the API with servers that cannot be reached does nothing', async (t) => {
  const { notes } = await watched(
    t,
    `const { createPostRate } = await import('post-rate')
     const { createRouter, createOpsRouter } = await import('@post-rate/express')
     const postRate = createPostRate(${options})
     createRouter({ postRate, getUser: () => null })
     createOpsRouter({ postRate })`,
  )
  t.deepEqual(notes, { acts: [], reads: [], resources: [], signals: 0 })
})

test('closing what was never used does nothing', async (t) => {
  const { notes } = await watched(
    t,
    `const { createPostRate } = await import('post-rate')
     const postRate = createPostRate(${options})
     await postRate.close()
     await postRate.close()`,
  )
  t.deepEqual(notes, { acts: [], reads: [], resources: [], signals: 0 })
})

test('the first call is what connects, and says that it cannot', async (t) => {
  const { notes, result } = await watched(
    t,
    `const { createPostRate } = await import('post-rate')
     const postRate = createPostRate(${options})
     result = await postRate.posts.list().catch(({ code, message }) => ({ code, message }))
     await postRate.close()`,
  )
  t.true(notes.acts.includes('connect'), 'The watching sees connections')
  t.deepEqual(notes.reads, [])
  t.is(result.code, 'UNAVAILABLE')
  t.notRegex(result.message ?? '', /secret/)
})

interface Notes {
  /** Connections, look-ups, processes and files written. */
  acts: string[]
  /** Environment variables that the packages' own code read. */
  reads: string[]
  /** What keeps the process alive or will act later. */
  resources: string[]
  /** Listeners for signals and for errors of the whole process. */
  signals: number
}

/** Runs code in a process of its own that notes what it does to the world, and ends by itself without a word. */
async function watched(t: ExecutionContext, code: string): Promise<{ notes: Notes; result: Record<string, string> }> {
  const program = `
import child from 'node:child_process'
import dns from 'node:dns'
import fs from 'node:fs'
import net from 'node:net'
const acts = []
const reads = new Set()
for (const [object, names] of [
  [net.Socket.prototype, ['connect']],
  [net.Server.prototype, ['listen']],
  [dns, ['lookup']],
  [child, ['spawn', 'exec', 'execFile', 'fork']],
  [fs, ['writeFile', 'writeFileSync', 'appendFileSync', 'mkdir', 'mkdirSync', 'createWriteStream']],
])
  for (const name of names) {
    const original = object[name]
    object[name] = function (...values) {
      acts.push(name)
      return original.apply(this, values)
    }
  }
const environment = process.env
process.env = new Proxy(environment, {
  get(target, name) {
    // The frame that asked: what pg or Express read is theirs.
    const caller = new Error().stack.split('\\n')[2] ?? ''
    if (/packages.(post-rate|express).(src|dist)/.test(caller)) reads.add(String(name))
    return target[name]
  },
})
const events = ['SIGINT', 'SIGTERM', 'SIGHUP', 'uncaughtException', 'unhandledRejection', 'exit', 'beforeExit']
const listeners = () => events.reduce((sum, name) => sum + process.listenerCount(name), 0)
const listenersBefore = listeners()
let result = null
${code}
const notes = {
  acts,
  reads: [...reads],
  resources: process.getActiveResourcesInfo().filter((name) => !/^(PipeWrap|FSReqPromise|FSReqCallback|CloseReq)$/.test(name)),
  signals: listeners() - listenersBefore,
}
process.stdout.write('NOTES' + JSON.stringify({ notes, result }))
`
  const { stdout, stderr } = await new Promise<{ stdout: string; stderr: string }>((resolve, reject) => {
    execFile(
      process.execPath,
      // As a host runs them: built, and without a loader, which would have connections of its own.
      ['--input-type=module', '--eval', program],
      { cwd: join(projectDirectory, 'test'), env: { PATH: process.env.PATH ?? '' }, timeout: 60_000 },
      (error, stdout, stderr) =>
        error ? reject(new Error(`${error.message}\n${stderr}`)) : resolve({ stdout, stderr }),
    )
  })
  t.true(stdout.startsWith('NOTES'), `It printed ${stdout}`)
  t.is(stderr, '')
  return JSON.parse(stdout.slice('NOTES'.length))
}
