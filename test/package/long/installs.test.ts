import { execFile } from 'node:child_process'
import { cp, mkdir, mkdtemp, readFile, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import test from 'ava'
import { projectDirectory } from '../../helpers/services/directories.ts'

/** What a host may import. */
const entries = [
  'post-rate',
  'post-rate/memory',
  '@post-rate/express',
  '@post-rate/express/stars.js',
  '@post-rate/express/history.js',
  '@post-rate/cli',
]

interface Manager {
  name: string
  /** Files beside package.json. */
  files?: Record<string, string>
  /** Fields of package.json. */
  manifest?: (packages: Record<string, string>) => object
  install: string[]
  /** How a script is run; `node` where left out. */
  node?: string[]
}

const yarn4 = ['npx', '-y', '@yarnpkg/cli-dist@4']
const yarnrc = (linker: string) => `nodeLinker: ${linker}\nenableTelemetry: false\nenableScripts: false\n`
const resolutions = (packages: Record<string, string>) => ({ resolutions: packages })

const managers: Manager[] = [
  { name: 'npm', install: ['npm', 'install', '--ignore-scripts', '--no-audit', '--no-fund'] },
  {
    name: 'npm, legacy peer deps',
    install: ['npm', 'install', '--legacy-peer-deps', '--ignore-scripts', '--no-audit', '--no-fund'],
  },
  {
    name: 'pnpm, strict',
    files: { '.npmrc': 'auto-install-peers=false\nstrict-peer-dependencies=true\nhoist=false\n' },
    manifest: (packages) => ({ pnpm: { overrides: packages } }),
    install: ['npx', '-y', 'pnpm@10', 'install', '--ignore-scripts'],
  },
  { name: 'Yarn 1', manifest: resolutions, install: ['npx', '-y', 'yarn@1.22', 'install', '--ignore-scripts'] },
  {
    name: 'Yarn 4, node_modules',
    files: { '.yarnrc.yml': yarnrc('node-modules') },
    manifest: resolutions,
    install: [...yarn4, 'install', '--no-immutable'],
  },
  {
    name: 'Yarn 4, PnP',
    files: { '.yarnrc.yml': yarnrc('pnp') },
    manifest: resolutions,
    install: [...yarn4, 'install', '--no-immutable'],
    node: [...yarn4, 'node'],
  },
]

/** Prints how each entry is loaded, then rates over HTTP. */
const script = `
import { once } from 'node:events'
import { createServer } from 'node:http'
import { createRequire } from 'node:module'
const require = createRequire(import.meta.url)
const loaded = {}
for (const entry of ${JSON.stringify(entries)}) {
  const imported = await import(entry)
  loaded[entry] = [Object.keys(imported).length > 0, require(entry) === imported || Object.keys(require(entry)).length > 0]
}
const { createMemoryPostRate } = await import('post-rate/memory')
const { createRouter } = await import('@post-rate/express')
const { default: express } = await import('express')
const postRate = createMemoryPostRate()
await postRate.start({ relay: true })
await postRate.posts.create({ title: 'Title', content: 'Text', createdBy: 'ada' })
const server = createServer(express().use(createRouter({ postRate, getUser: () => 'ada' }))).listen(0, '127.0.0.1')
await once(server, 'listening')
const url = 'http://127.0.0.1:' + server.address().port
const put = { method: 'PUT', headers: { 'content-type': 'application/json' }, body: '{"score":4}' }
const { score } = await (await fetch(url + '/posts/1/rating', put)).json()
const { status } = await fetch(url + '/stars.js')
server.close()
await postRate.close()
console.log(JSON.stringify({ loaded, score, stars: status }))
`

let directory: string
/** By package, its tarball. */
let packages: Record<string, string>

test.before(async (t) => {
  t.timeout(300_000, 'Packing')
  directory = await mkdtemp(join(tmpdir(), 'post-rate-installs-'))
  const names = ['post-rate', 'express', 'cli']
  const workspaces = names.flatMap((name) => ['--workspace', `packages/${name}`])
  const output = await run(['npm', 'pack', '--json', '--pack-destination', directory, ...workspaces], projectDirectory)
  const tarballs = JSON.parse(output) as { name: string; filename: string }[]
  packages = Object.fromEntries(tarballs.map(({ name, filename }) => [name, `file:./${filename}`]))
})

test.after.always(async () => {
  if (directory) await rm(directory, { recursive: true, force: true })
})

for (const { name, files = {}, manifest = () => ({}), install, node = [process.execPath] } of managers)
  test.serial(`${name}: every entry is imported and required, and a router starts`, async (t) => {
    t.timeout(600_000)
    const host = join(directory, name.replace(/\W+/g, '-'))
    await mkdir(host)
    for (const file of Object.values(packages)) await cp(join(directory, file.slice(7)), join(host, file.slice(7)))
    for (const [file, text] of Object.entries(files)) await writeFile(join(host, file), text)
    const lock = JSON.parse(await readFile(join(projectDirectory, 'package-lock.json'), 'utf8'))
    const dependencies = { ...packages, express: lock.packages['node_modules/express'].version }
    const fields = { name: 'host', private: true, type: 'module', dependencies, ...manifest(packages) }
    await writeFile(join(host, 'package.json'), JSON.stringify(fields))
    await writeFile(join(host, 'start.mjs'), script)
    await run(install, host)
    const output = await run([...node, 'start.mjs'], host)
    const { loaded, score, stars } = JSON.parse(output.trim().split('\n').at(-1) ?? '')
    t.deepEqual(loaded, Object.fromEntries(entries.map((entry) => [entry, [true, true]])))
    t.is(score, 4)
    t.is(stars, 200)
    t.log(`${name.padEnd(22)} ${entries.map((entry) => `${entry}: import, require`).join(' · ')} · started`)
  })

test('the types of every entry are what an ES module gets (arethetypeswrong)', async (t) => {
  t.timeout(300_000)
  for (const file of Object.values(packages)) {
    const tarball = join(directory, file.slice(7))
    await run(['npx', '-y', '@arethetypeswrong/cli@0.18', tarball, '--profile', 'esm-only'], directory)
  }
  t.is(Object.keys(packages).length, 3)
})

async function run([file = '', ...args]: string[], cwd: string): Promise<string> {
  // Yarn 4 reads no .npmrc.
  const registry = process.env.npm_config_registry
  const yarn = registry === undefined ? {} : { YARN_NPM_REGISTRY_SERVER: registry, YARN_UNSAFE_HTTP_WHITELIST: '*' }
  const { NODE_OPTIONS: _, ...inherited } = process.env
  return new Promise((resolve, reject) => {
    const options = { cwd, env: { ...inherited, ...yarn, CI: '' }, maxBuffer: 2 ** 26, timeout: 500_000 }
    execFile(file, args, options, (error, stdout, stderr) =>
      error ? reject(new Error(`${error.message}\n${stdout}\n${stderr}`)) : resolve(stdout),
    )
  })
}
