import { existsSync } from 'node:fs'
import { chmod, mkdir, readFile, rm, stat, writeFile } from 'node:fs/promises'
import { get } from 'node:http'
import { join } from 'node:path'
import test from 'ava'
import type { PostPage } from 'post-rate'
import { eventually } from '../helpers/eventually.ts'
import { type Result, runCli, runJson, spawnCli, workingDirectory } from './run-cli.ts'

const sample = ['seed', '--posts', '3', '--users', '4', '--ratings', '10']
/** A directory with the sample, for the tests that leave it as it is. */
let seeded: string
let seeding: Result

test.before(async (t) => {
  seeded = await workingDirectory(t)
  seeding = await runCli(sample, { cwd: seeded })
})

async function postmaster(cwd: string): Promise<number | null> {
  const location = (await readFile(join(cwd, '.post-rate/location'), 'utf8')).trim()
  const path = join(cwd, '.post-rate', location, 'postmaster.pid')
  return existsSync(path) ? Number((await readFile(path, 'utf8')).split('\n')[0]) : null
}

test.serial('seed makes the database and its schema; data survive; the last one out stops the server', async (t) => {
  const cwd = seeded
  const { code, stderr } = seeding
  t.is(code, 0, stderr)
  t.regex(stderr, /embedded PostgreSQL in .*\.post-rate/)
  t.is(await postmaster(cwd), null)
  const { items } = await runJson<PostPage>(['posts', 'list'], { cwd })
  t.is(items.length, 3)
  t.is((await stat(join(cwd, '.post-rate/password'))).mode & 0o777, 0o600)
  t.is(await postmaster(cwd), null)
})

test.serial('the directory may have any name', async (t) => {
  const cwd = join(await workingDirectory(t), 'a b $HOME `x` "ü"')
  await mkdir(cwd)
  const { code, stderr } = await runCli(['migrate'], { cwd })
  t.is(code, 0, stderr)
})

test.serial('several commands at once share one server, whoever started it and whoever ends first', async (t) => {
  const cwd = await workingDirectory(t)
  const results = await Promise.all([1, 2, 3].map(() => spawnCli(t, ['migrate'], { cwd }).exited))
  t.deepEqual(
    results.map(({ code }) => code),
    [0, 0, 0],
    results.map(({ stderr }) => stderr).join(),
  )
  const starter = spawnCli(t, ['stats', 'watch', '--interval', '0.1', '--json'], { cwd })
  await eventually(() => starter.stdout.includes('\n'), { timeout: 20_000 })
  const survivor = spawnCli(t, ['stats', 'watch', '--interval', '0.1', '--json'], { cwd })
  await eventually(() => survivor.stdout.includes('\n'), { timeout: 20_000 })
  const server = await postmaster(cwd)
  starter.kill('SIGINT')
  t.is((await starter.exited).code, 130)
  t.is((await runCli(['posts', 'list'], { cwd })).code, 0)
  t.is(await postmaster(cwd), server)
  const seen = survivor.stdout.length
  await eventually(() => survivor.stdout.length > seen)
  survivor.kill('SIGINT')
  await survivor.exited
  t.is(await postmaster(cwd), null)
})

test.serial('what a killed command or a killed server left behind is cleared away', async (t) => {
  const cwd = seeded
  for (const victims of [['command'], ['command', 'server']]) {
    const child = spawnCli(t, ['stats', 'watch', '--interval', '0.1', '--json'], { cwd })
    await eventually(() => child.stdout.includes('\n'), { timeout: 20_000 })
    if (victims.includes('server')) process.kill((await postmaster(cwd)) as number, 'SIGKILL')
    child.kill('SIGKILL')
    await child.exited
    // A lock of a process that is gone.
    await writeFile(join(cwd, '.post-rate/lock'), '999999999')
    t.is((await runJson<PostPage>(['posts', 'list'], { cwd })).items.length, 3)
    t.is(await postmaster(cwd), null)
  }
})

test.serial('a second signal ends at once, and the server still goes', async (t) => {
  const cwd = seeded
  const child = spawnCli(t, ['relay'], { cwd })
  await eventually(() => child.stderr.includes('The relay runs'), { timeout: 20_000 })
  child.kill('SIGTERM')
  const again = setInterval(() => child.kill('SIGTERM'), 60)
  const { code } = await child.exited
  clearInterval(again)
  // It may have ended in good order before the second signal came.
  t.true(code === 143 || code === 0, String(code))
  await eventually(async () => (await postmaster(cwd)) === null)
})

// Declared for root alone: in CI no test may be skipped, and not every CI runs as root.
if (process.getuid?.() === 0)
  test.serial('as root in a directory that others cannot enter the data go where PostgreSQL can', async (t) => {
    const cwd = await workingDirectory(t)
    await chmod(cwd, 0o700)
    t.is((await runCli(sample, { cwd })).code, 0)
    const location = (await readFile(join(cwd, '.post-rate/location'), 'utf8')).trim()
    const data = join(cwd, '.post-rate', location)
    t.teardown(() => rm(data, { recursive: true, force: true }))
    t.false(data.startsWith(cwd))
    t.is((await runJson<PostPage>(['posts', 'list'], { cwd })).items.length, 3)
  })

test.serial('dev: a page, the API and the docs within seconds; a rating is seen at once; data survive', async (t) => {
  const cwd = await workingDirectory(t)
  const start = async () => {
    const child = spawnCli(t, ['dev', '--port', '0'], { cwd })
    const url = await eventually(() => /^http\S+/m.exec(child.stdout)?.[0], { timeout: 40_000 })
    return { child, url }
  }
  const first = await start()
  const page = await fetch(first.url)
  t.regex(await page.text(), /<title>post-rate/)
  t.regex(page.headers.get('content-security-policy') ?? '', /default-src 'none'/)
  t.is((await fetch(`${first.url}/api/docs`)).status, 200)
  t.is(await statusFor(first.url, 'rebound.example'), 421)
  t.is(await statusFor(first.url, 'localhost'), 200)
  t.is((await fetch(`${first.url}/readyz`)).status, 200)
  const list = (await (await fetch(`${first.url}/api/posts`)).json()) as PostPage
  t.is(list.items.length, 20)
  const id = list.items[0]?.id
  const put = { method: 'PUT', headers: { 'content-type': 'application/json' }, body: '{"score":5}' }
  t.is((await fetch(`${first.url}/api/posts/${id}/rating`, put)).status, 401)
  const headers = { ...put.headers, 'x-demo-user': 'tester' }
  t.is((await fetch(`${first.url}/api/posts/${id}/rating`, { ...put, headers })).status, 200)
  const own = async (url: string) => {
    const answer = await fetch(`${url}/api/posts/${id}`, { headers: { cookie: 'a=b; user=tester' } })
    return ((await answer.json()) as { myScore: number | null }).myScore
  }
  t.is(await own(first.url), 5)
  t.is((await runCli(['stats', 'show', String(id)], { cwd })).code, 0)
  // A raid from one button: its ratings come through the real write path, and the console knows the post.
  t.is((await fetch(`${first.url}/raid`, { method: 'POST' })).status, 404)
  const asked = { method: 'POST', headers: { 'content-type': 'application/json' }, body: '{}' }
  const { postId } = (await (await fetch(`${first.url}/raid`, asked)).json()) as { postId: number }
  t.regex(await (await fetch(`${first.url}/moderation`)).text(), /noted under the name <strong>dev</)
  await eventually(async () => {
    const post = (await (await fetch(`${first.url}/moderation/posts/${postId}`)).json()) as { live: { count: number } }
    return post.live.count > 40
  })
  first.child.kill('SIGTERM')
  const { code, stdout } = await first.child.exited
  t.is(code, 0)
  t.is(stdout, `${first.url}\n`)
  const second = await start()
  t.is(await own(second.url), 5)
  t.is(((await (await fetch(`${second.url}/api/posts`)).json()) as PostPage).items.length, 20)
  second.child.kill('SIGINT')
  t.is((await second.child.exited).code, 130)
})

/** What a request with this name in `Host` is answered with. */
function statusFor(url: string, host: string): Promise<number | undefined> {
  return new Promise((resolve, reject) => {
    get(`${url}/api/posts`, { headers: { host } }, (res) => {
      res.resume()
      resolve(res.statusCode)
    }).once('error', reject)
  })
}
