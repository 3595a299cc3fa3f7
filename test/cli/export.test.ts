import { execFileSync, spawn } from 'node:child_process'
import { once } from 'node:events'
import { chmod, chown, lstat, mkdir, open, readdir, readFile, stat, symlink, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import type { ExecutionContext } from 'ava'
import { runCommand } from '../helpers/command.ts'
import { eventually } from '../helpers/eventually.ts'
import { withPostgres } from '../helpers/requires.ts'
import { runSql, testDatabase } from '../helpers/test-database.ts'
import { runCli, runJson, workingDirectory } from './run-cli.ts'

const isRoot = process.getuid?.() === 0
const header = 'post,user,score,ratedAt,excluded,established'

/** Post 1, rated 5 by ada and, excluded, 0 by rai. */
async function deployment(t: ExecutionContext) {
  const url = await testDatabase(t)
  await runSql(url, `insert into post_rate.posts (title, content, created_by) values ('Bread', 'Text', 'ada')`)
  await runSql(
    url,
    `insert into post_rate.ratings (post_id, user_id, score, rated_at, excluded_rated_at, established) values
(1, 'ada', 5, '2024-01-02T03:04:05.123456Z', null, null), (1, 'rai', 0, '2024-01-02T03:04:06Z', '2024-01-02T03:04:06Z', false)`,
  )
  const cwd = await workingDirectory(t)
  const env = { DATABASE_URL: url }
  const text = async (name: string) => readFile(join(cwd, name), 'utf8')
  return { url, cwd, env, text, invocation: { env, cwd } }
}

withPostgres('export keeps exclusions and import restores them; --counted-only leaves them out', async (t) => {
  const { invocation, text } = await deployment(t)
  for (const file of ['all.csv', 'all.ndjson']) t.is((await runCli(['export', file], invocation)).code, 0)
  t.is(
    await text('all.csv'),
    `${header}\n1,ada,5,2024-01-02T03:04:05.123Z,false,\n1,rai,0,2024-01-02T03:04:06.000Z,true,false\n`,
  )
  t.deepEqual(
    (await text('all.ndjson')).split('\n', 2).map((line) => JSON.parse(line).excluded),
    [false, true],
  )
  t.is((await runCli(['export', 'counted.csv', '--counted-only'], invocation)).code, 0)
  t.is(await text('counted.csv'), 'post,user,score,ratedAt\n1,ada,5,2024-01-02T03:04:05.123Z\n')

  for (const file of ['all.csv', 'all.ndjson']) {
    const other = await testDatabase(t)
    const there = { ...invocation, env: { DATABASE_URL: other } }
    t.like(await runJson(['import', file, '--create-posts'], there), { changed: 2, rejected: 0 })
    t.like(await runJson(['import', file], there), { changed: 0, unchanged: 2 })
    const counted = await runCli(['export', '-', '--counted-only'], there)
    t.is(counted.stdout, await text('counted.csv'), file)
    t.is((await runCli(['export', '-'], there)).stdout, await text('all.csv'), file)
    t.is((await runCli(['stats', 'rebuild'], there)).code, 0)
    t.is((await runCli(['stats', 'verify', '--wait', '0'], there)).code, 0)
  }
})

withPostgres('export overwrites nothing without --force, and keeps mode and owner with it', async (t) => {
  const { invocation, cwd, text } = await deployment(t)
  const path = join(cwd, 'kept.csv')
  await writeFile(path, 'precious')
  await chmod(path, 0o640)
  if (isRoot) await chown(path, 1234, 2345)
  const refused = await runCli(['export', 'kept.csv'], {
    ...invocation,
    env: { DATABASE_URL: 'postgres://127.0.0.1:1/x' },
  })
  t.is(refused.code, 1)
  t.regex(refused.stderr, /kept\.csv exists: add --force/)
  t.is(await text('kept.csv'), 'precious')
  t.is((await runCli(['export', 'kept.csv', '--force'], invocation)).code, 0)
  t.true((await text('kept.csv')).startsWith(header))
  const { mode, uid, gid } = await stat(path)
  t.is(mode & 0o7777, 0o640)
  if (isRoot) t.deepEqual([uid, gid], [1234, 2345])
  t.deepEqual(await readdir(cwd), ['kept.csv'])
})

withPostgres('export follows a symbolic link, also to a file that does not exist yet', async (t) => {
  const { invocation, cwd, text } = await deployment(t)
  await mkdir(join(cwd, 'there'))
  await symlink('there/target.csv', join(cwd, 'link'))
  t.is((await runCli(['export', 'link'], invocation)).code, 0)
  t.true((await lstat(join(cwd, 'link'))).isSymbolicLink())
  t.true((await text('there/target.csv')).startsWith(header))
  t.is((await runCli(['export', 'link'], invocation)).code, 1)
  await writeFile(join(cwd, 'there/target.csv'), 'old')
  t.is((await runCli(['export', 'link', '--force'], invocation)).code, 0)
  t.true((await lstat(join(cwd, 'link'))).isSymbolicLink())
  t.true((await text('link')).startsWith(header))
  t.deepEqual(await readdir(join(cwd, 'there')), ['target.csv'])
})

withPostgres('export writes through to a FIFO, which stays one', async (t) => {
  const { invocation, cwd } = await deployment(t)
  execFileSync('mkfifo', [join(cwd, 'fifo')])
  const reader = spawn('cat', [join(cwd, 'fifo')], { stdio: ['ignore', 'pipe', 'ignore'] })
  const closed = once(reader, 'close')
  let read = ''
  reader.stdout.on('data', (chunk) => {
    read += chunk
  })
  t.is((await runCli(['export', 'fifo'], invocation)).code, 0)
  await closed
  t.is(read.split('\n').length, 4)
  t.true((await lstat(join(cwd, 'fifo'))).isFIFO())
})

withPostgres('export to a FIFO that nobody reads ends when it is stopped', async (t) => {
  const { invocation, cwd } = await deployment(t)
  const fifo = join(cwd, 'fifo')
  execFileSync('mkfifo', [fifo])
  const stop = new AbortController()
  const exporting = runCli(['export', 'fifo'], { ...invocation, signal: stop.signal })
  stop.abort(new Error('stopped'))
  t.not((await exporting).code, 0)
  // Lets the pending open go; reading and writing waits for nobody.
  await (await open(fifo, 'r+')).close()
})

withPostgres('export writes through to a device and to a process substitution', async (t) => {
  const { cwd, env, text } = await deployment(t)
  const device = isRoot ? join(cwd, 'device') : '/dev/null'
  if (isRoot) execFileSync('mknod', [device, 'c', '1', '3'])
  t.like(await runCommand(t, ['export', device], env, cwd), { code: 0 })
  t.true((await lstat(device)).isCharacterDevice())
  const launcher = new URL('../../bin/post-rate.js', import.meta.url).pathname
  const shell = spawn('bash', ['-c', `"${process.execPath}" "${launcher}" export >(cat > copied)`], {
    cwd,
    env: { PATH: process.env.PATH, ...env },
    stdio: 'ignore',
  })
  t.deepEqual(await once(shell, 'close'), [0, null])
  await eventually(async () => (await text('copied')).split('\n').length === 4)
  const redirected = spawn(
    'bash',
    ['-c', `echo before > out && "${process.execPath}" "${launcher}" export /dev/stdout >> out`],
    {
      cwd,
      env: { PATH: process.env.PATH, ...env },
      stdio: 'ignore',
    },
  )
  t.deepEqual(await once(redirected, 'close'), [0, null])
  t.regex(await text('out'), /^before\npost,user/)
})

withPostgres('a user id reaches a file exactly, also where the command runs at a terminal', async (t) => {
  const { invocation, url, text } = await deployment(t)
  await runSql(url, `update post_rate.ratings set user_id = U&'a\\202Eb' where user_id = 'ada'`)
  t.is((await runCli(['export', 'file.csv'], { ...invocation, columns: 80 })).code, 0)
  t.true((await text('file.csv')).includes('1,a\u202eb,5'))
  t.false((await runCli(['export', '-'], { ...invocation, columns: 80 })).stdout.includes('\u202e'))
})
