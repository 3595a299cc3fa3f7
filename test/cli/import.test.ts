import { chmod, readFile, symlink, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import type { ExecutionContext } from 'ava'
import { withPostgres } from '../helpers/requires.ts'
import { runSql, testDatabase } from '../helpers/test-database.ts'
import { runCli, runJson, workingDirectory } from './run-cli.ts'

async function deployment(t: ExecutionContext) {
  const url = await testDatabase(t)
  const cwd = await workingDirectory(t)
  const invocation = { env: { DATABASE_URL: url }, cwd }
  const file = async (name: string, content: string | Buffer) => writeFile(join(cwd, name), content)
  const stored = () =>
    runSql(url, 'select post_id::int as post, user_id as user, score from post_rate.ratings order by 1, 2')
  return { url, cwd, invocation, file, stored }
}

withPostgres('import: a pasted line in a quoted review does not become a rating of its user', async (t) => {
  const { invocation, file, stored } = await deployment(t)
  await file(
    'reviews.csv',
    'post,user,score,ratedAt,comment\n1,ada,4,5,"Lovely.\n2,victim,0,5,pasted\nbye"\n3,bob,9,5,x\n3,bob,5,6,"y"\n',
  )
  const { code, stderr, stdout } = await runCli(['import', 'reviews.csv', '--create-posts'], invocation)
  t.is(code, 1)
  t.regex(stderr, /^record 2, line 5: score: must be an integer from 0 to 5$/m)
  t.is(stdout, '3 records: 2 changed, 0 unchanged, 1 rejected, 2 posts created\n')
  t.deepEqual(await stored(), [
    { post: 1, user: 'ada', score: 4 },
    { post: 3, user: 'bob', score: 5 },
  ])
})

withPostgres(
  'import: a file of another system is read with what is detected and the flags that the command names',
  async (t) => {
    const { invocation, file, stored } = await deployment(t)
    const csv = 'userId;movieId;rating;timestamp\r\n7;31;2,5;1260759144\r\n8;31;5,0;1260759144\r\n'
    await file('ml.csv', Buffer.from(`\ufeff${csv}`, 'utf16le'))
    const plain = await runCli(['import', 'ml.csv', '--create-posts'], invocation)
    t.regex(plain.stderr, /^Detected: UTF-16LE\.$/m)
    t.regex(
      plain.stderr,
      /^Detected: CSV, separated by ";", movieId as post, userId as user, rating as score, timestamp as/m,
    )
    t.regex(plain.stderr, /^1 scores are no integers from 0 to 5; all of them go from 2.5 to 5\. .*--range LOW:HIGH/m)
    t.like(await runJson(['import', 'ml.csv', '--range', '0.5:5'], invocation), {
      changed: 1,
      unchanged: 1,
      rejected: 0,
    })
    t.deepEqual(await stored(), [
      { post: 31, user: '7', score: 2 },
      { post: 31, user: '8', score: 5 },
    ])
    await file('own.txt', 'who:what:points:at\nada:31:1:5\n')
    const named = ['--delimiter', ':', '--columns', 'user=who,post=what,score=points,ratedAt=at']
    t.like(await runJson(['import', 'own.txt', ...named], invocation), { changed: 1, rejected: 0 })
    for (const bad of [
      ['--range', '5'],
      ['--range', '5:0'],
      ['--range', '1:2:3'],
      ['--range', 'a:b'],
      ['--delimiter', ''],
      ['--delimiter', '"'],
      ['--delimiter', 'ab'],
      ['--columns', 'who'],
      ['--columns', 'nobody=user'],
    ])
      t.is((await runCli(['import', 'own.txt', ...bad], invocation)).code, 2, bad.join(' '))
  },
)

withPostgres('import: a thousand equal errors are one line, and --errors has each of them', async (t) => {
  const { invocation, file, cwd } = await deployment(t)
  const bad = Array.from({ length: 1000 }, (_, n) => `1,u${n},9,5\n`).join('')
  const missing = Array.from({ length: 11 }, (_, n) => `${n + 2},u,4,5\n`).join('')
  await file('in.csv', `post,user,score,ratedAt\n${bad}${missing}1,ada,x,5\n1,"b"x,4,5\n`)
  const { code, stderr } = await runCli(['import', 'in.csv', '--errors', 'bad.csv'], invocation)
  t.is(code, 1)
  const told = stderr.split('\n').filter((line) => /^\d+ records: |quotes/.test(line))
  t.is(told.length, 3, stderr)
  t.regex(
    stderr,
    /^1001 records: score: must be an integer from 0 to 5 \(the first: record 1, line 2; record 2, line 3; /m,
  )
  t.regex(stderr, /^record 1013, line 1014: quotes do not match$/m)
  t.regex(stderr, /^11 records: post: there is no such post \(the first: record 1001, line 1002; /m)
  const errors = (await readFile(join(cwd, 'bad.csv'), 'utf8')).trimEnd().split('\n')
  t.is(errors.length, 1 + 1001 + 11 + 1)
  t.is(errors[0], 'record,line,message')
  t.true(errors.includes('1011,1012,post: there is no post 12'))
})

withPostgres('import: --errors overwrites nothing without --force, least of all its input', async (t) => {
  const { invocation, file, cwd } = await deployment(t)
  const csv = 'post,user,score,ratedAt\n1,ada,4,5\n'
  await file('in.csv', csv)
  await symlink('in.csv', join(cwd, 'same'))
  for (const name of ['in.csv', 'same']) {
    const { code, stderr } = await runCli(['import', 'in.csv', '--create-posts', '--errors', name], invocation)
    t.is(code, 1)
    t.regex(stderr, /exists: add --force/)
    t.is(await readFile(join(cwd, 'in.csv'), 'utf8'), csv)
  }
  await file('bad.csv', 'old')
  await chmod(join(cwd, 'bad.csv'), 0o600)
  const again = ['import', 'in.csv', '--create-posts', '--errors', 'bad.csv', '--force']
  t.is((await runCli(again, invocation)).code, 0)
  t.is(await readFile(join(cwd, 'bad.csv'), 'utf8'), 'record,line,message\n')
})

withPostgres('import: an empty input is an error', async (t) => {
  const { invocation, file } = await deployment(t)
  for (const name of ['empty.csv', 'empty.ndjson']) {
    await file(name, '')
    const { code, stderr } = await runCli(['import', name], invocation)
    t.is(code, 1)
    t.regex(stderr, /The input is empty/)
  }
  t.is((await runCli(['import', '-'], { ...invocation, input: '\n' })).code, 1)
  // A header alone is what an export of nothing has.
  t.is((await runCli(['import', '-'], { ...invocation, input: 'post,user,score,ratedAt\n' })).code, 0)
})
