import { readdirSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import test from 'ava'
import { describeApi } from '../../packages/express/src/openapi.ts'
import { runCli } from '../cli/run-cli.ts'
import { projectDirectory } from '../helpers/services/directories.ts'

function versionOf(directory: string): string {
  return JSON.parse(readFileSync(join(projectDirectory, directory, 'package.json'), 'utf8')).version
}

test('the OpenAPI document and `post-rate --version` have the version of their package.json', async (t) => {
  t.is(describeApi([])('/api').info.version, versionOf('packages/express'))
  t.is((await runCli(['--version'])).stdout, `${versionOf('packages/cli')}\n`)
})

test('no source repeats the version of its package', (t) => {
  for (const directory of ['packages/post-rate', 'packages/express', 'packages/cli']) {
    const literal = new RegExp(`['"\`]v?${versionOf(directory).replaceAll('.', '\\.')}['"\`]`)
    const repeating = readdirSync(join(projectDirectory, directory), { recursive: true, encoding: 'utf8' })
      .filter((path) => /^(src|browser)\/.*\.(tsx?|js)$/.test(path))
      .filter((path) => literal.test(readFileSync(join(projectDirectory, directory, path), 'utf8')))
    t.deepEqual(repeating, [], directory)
  }
})
