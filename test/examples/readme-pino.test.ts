import { execFile } from 'node:child_process'
import { readFileSync } from 'node:fs'
import { promisify } from 'node:util'
import test from 'ava'
import { projectDirectory } from '../helpers/services/directories.ts'

test("the README's logger brings every level to pino", async (t) => {
  const readme = readFileSync(new URL('../../packages/post-rate/README.md', import.meta.url), 'utf8')
  const [snippet = ''] = [...readme.matchAll(/```ts\n([^`]*from 'pino'[^`]*)```/g)].map(([, code]) => code ?? '')
  const program = `${snippet.replace(', type Logger', '').replace('logger: Logger', 'logger')}
    log.level = 'debug'
    logger.debug('d'); logger.info('i', { shard: 'relay:0/1' }); logger.error('e')
    postRate.container.get(Symbol.for('post-rate.logger')).warn('w', { rows: 7 })
    await postRate.close()`
  const { stdout } = await promisify(execFile)(
    process.execPath,
    ['--import=tsx', '--conditions=post-rate-source', '--input-type=module', '--eval', program],
    { cwd: projectDirectory },
  )
  const lines = stdout
    .trim()
    .split('\n')
    .map((line) => JSON.parse(line))
  t.deepEqual(
    lines.map(({ msg }) => msg),
    ['d', 'i', 'e', 'w'],
  )
  t.like(lines[1], { level: 30, shard: 'relay:0/1' })
  t.like(lines[3], { level: 40, rows: 7 })
})
