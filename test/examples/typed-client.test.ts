import { execFile } from 'node:child_process'
import { once } from 'node:events'
import { readFile } from 'node:fs/promises'
import type { AddressInfo } from 'node:net'
import { join } from 'node:path'
import { createRouter } from '@post-rate/express'
import test from 'ava'
import express from 'express'
import { createPostRate } from 'post-rate'
import { cleanUp } from '../helpers/clean-up.ts'
import { withPostgres } from '../helpers/requires.ts'
import { projectDirectory } from '../helpers/services/directories.ts'
import { testDatabase } from '../helpers/test-database.ts'
import { startExample } from './start-example.ts'

const directory = join(projectDirectory, 'examples/typed-client')

test('the types are those of the API as it is now', async (t) => {
  const generated = await run(['generate.js', '--stdout'])
  t.true(
    generated === (await readFile(join(directory, 'api.ts'), 'utf8')),
    'The API has changed: npm run generate -w examples/typed-client',
  )
})

test('the client compiles, also under TypeScript 5', async (t) => {
  const options = ['--noEmit', '--strict', '--skipLibCheck', '--module', 'nodenext', '--allowImportingTsExtensions']
  t.is(
    await run(['node_modules/typescript/bin/tsc', ...options, '--target', 'es2022', '--types', 'node', 'main.ts']),
    '',
  )
})

withPostgres('the client reads and rates', async (t) => {
  const postRate = createPostRate({ database: await testDatabase(t) })
  cleanUp(t, () => postRate.close())
  const server = express()
    .use('/api', createRouter({ postRate, getUser: (req) => req.get('x-user') }))
    .listen(0, '127.0.0.1')
  cleanUp(t, () => server.close())
  await once(server, 'listening')
  const { port } = server.address() as AddressInfo
  const client = async () => {
    const example = startExample(t, 'typed-client/main.ts', { API_URL: `http://127.0.0.1:${port}/api` })
    t.is(await example.ended, 0, example.stderr())
    return example.stdout()
  }
  t.is(await client(), 'There is no post yet\n')
  await postRate.posts.create({ title: 'Bread', content: 'Flour.', createdBy: 'ada' })
  t.is(await client(), 'Bread: unrated, mine 5 (before: none)\n')
  t.is(await client(), 'Bread: unrated, mine 5 (before: 5)\n')
})

test('the client says that nobody answers', async (t) => {
  const example = startExample(t, 'typed-client/main.ts', { API_URL: 'http://127.0.0.1:1/api' })
  t.is(await example.ended, 1)
  t.regex(example.stderr(), /^http:\/\/127\.0\.0\.1:1\/api: [^\n]*\n$/)
})

/** Resolves with what it printed. */
function run(args: string[]): Promise<string> {
  return new Promise((resolve, reject) => {
    execFile(process.execPath, args, { cwd: directory, env: { PATH: process.env.PATH } }, (error, stdout, stderr) =>
      error ? reject(new Error(`${stdout}${stderr}`)) : resolve(stdout),
    )
  })
}
