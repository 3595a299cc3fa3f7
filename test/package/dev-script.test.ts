import { spawn } from 'node:child_process'
import { appendFileSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { eventually } from '../helpers/eventually.ts'
import { withPostgres } from '../helpers/requires.ts'
import { testDatabase } from '../helpers/test-database.ts'
import { copyTree } from '../mutants/copy-tree.ts'

withPostgres('npm run dev starts again with what was changed', async (t) => {
  t.timeout(90_000)
  const { root, remove } = copyTree()
  const [program, ...args] = JSON.parse(readFileSync(join(root, 'package.json'), 'utf8')).scripts.dev.split(' ')
  t.is(program, 'node')
  const child = spawn(process.execPath, [...args, '--port', '0'], {
    cwd: root,
    env: { PATH: process.env.PATH, DATABASE_URL: await testDatabase(t) },
  })
  let output = ''
  for (const stream of [child.stdout, child.stderr])
    stream.on('data', (data) => {
      output += data
    })
  const ended = new Promise((resolve) => child.once('close', resolve))
  t.teardown(async () => {
    child.kill('SIGTERM')
    await ended
    remove()
  })
  const urls = () => [...output.matchAll(/^(http\S+)$/gm)].map(([, url]) => url)
  const started = (n: number) => eventually(() => urls()[n - 1], { timeout: 40_000, message: output })

  t.is((await fetch(`${await started(1)}/api/posts?limit=1`)).status, 200)
  appendFileSync(join(root, 'packages/express/src/endpoints/get-post.ts'), "\nprocess.stderr.write('changed\\n')\n")
  t.is((await fetch(`${await started(2)}/api/posts?limit=1`)).status, 200)
  t.regex(output, /^changed$/m)
})
