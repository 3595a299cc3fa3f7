import { execFile } from 'node:child_process'
import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import test from 'ava'
import { publint } from 'publint'
import { formatMessage } from 'publint/utils'
import { has } from '../helpers/requires.ts'
import { projectDirectory } from '../helpers/services/directories.ts'
import { testDatabase } from '../helpers/test-database.ts'

interface Tarball {
  name: string
  filename: string
  files: { path: string; mode: number }[]
}

const packages = ['post-rate', 'express', 'cli']
const fixtures = join(projectDirectory, 'test/package/fixtures')
const compiler = join(projectDirectory, 'node_modules/typescript/bin/tsc')
let directory: string
let tarballs: Tarball[]

test.before(async (t) => {
  t.timeout(300_000, 'Packing')
  directory = await mkdtemp(join(tmpdir(), 'post-rate-packed-'))
  const workspaces = packages.flatMap((name) => ['--workspace', `packages/${name}`])
  const packed = await run('npm', ['pack', '--json', '--pack-destination', directory, ...workspaces], projectDirectory)
  tarballs = JSON.parse(packed)
})

test.after.always(async () => {
  if (directory) await rm(directory, { recursive: true, force: true })
})

test('publint finds nothing in what is packed', async (t) => {
  for (const [n, name] of packages.entries()) {
    const file = await readFile(join(directory, tarballs[n]?.filename ?? ''))
    const tarball = new Uint8Array(file).buffer
    const { messages, pkg } = await publint({ pack: { tarball }, strict: true })
    t.deepEqual(
      messages.map((message) => formatMessage(message, pkg, { color: false })),
      [],
      name,
    )
  }
})

test('the packages hold what runs, its types and sources, and nothing else', (t) => {
  for (const { name, files } of tarballs) {
    const paths = files.map(({ path }) => path)
    for (const path of ['package.json', 'LICENSE', 'README.md', 'dist/index.js', 'dist/index.d.ts', 'src/index.ts'])
      t.true(paths.includes(path), `${name} has ${path}`)
    if (name === '@post-rate/express') {
      t.true(paths.includes('browser/moderation/style.css'))
      for (const name of ['stars', 'history'])
        for (const path of [`browser/${name}.js`, `dist/browser/${name}.d.ts`, `types/${name}.d.ts`])
          t.true(paths.includes(path), path)
    }
    const stray = paths.filter(
      (path) =>
        !/^(package\.json|LICENSE|[A-Z]+\.md|dist\/[\w/.-]+\.(js|d\.ts)(\.map)?|src\/[\w/.-]+\.tsx?|browser\/[\w/-]+\.(js|css)|types\/[\w-]+\.d\.ts)$/.test(
          path,
        ) || /\b(tests?|fixtures?|secrets?|bench)\b|\.env/i.test(path),
    )
    t.deepEqual(stray, [], name)
  }
})

test.serial('a host installs the tarballs, compiles against their types, and mounts the router', async (t) => {
  t.timeout(300_000)
  await writeFile(join(directory, 'package.json'), JSON.stringify({ name: 'host', private: true, type: 'module' }))
  await run(
    'npm',
    [
      'install',
      '--prefer-offline',
      '--ignore-scripts',
      '--omit=optional',
      '--no-audit',
      '--no-fund',
      ...tarballs.map(({ filename }) => `./${filename}`),
      ...(await versionsOf('express', '@types/express', '@types/node')),
    ],
    directory,
  )
  await writeFile(join(directory, 'host.ts'), await readFile(join(fixtures, 'host.ts')))
  await writeFile(join(directory, 'tsconfig.json'), await readFile(join(fixtures, 'tsconfig.json')))
  await run(process.execPath, [compiler, '--project', '.'], directory)
  for (const [file, module, moduleResolution] of [
    ['options.ts', 'nodenext', 'nodenext'],
    ['options.cts', 'nodenext', 'nodenext'],
    ['options.ts', 'esnext', 'bundler'],
    ['options.ts', 'preserve', 'bundler'],
    ['element.ts', 'esnext', 'bundler'],
    ['element.ts', 'nodenext', 'nodenext'],
  ] as const) {
    await writeFile(join(directory, file), await readFile(join(fixtures, file.replace('.cts', '.ts'))))
    const lib = file === 'element.ts' ? ['--lib', 'es2023,dom,dom.iterable', '--types', ''] : ['--types', 'node']
    const strictest = [
      '--strict',
      '--exactOptionalPropertyTypes',
      '--noUncheckedIndexedAccess',
      '--skipLibCheck',
      'false',
    ]
    const how = ['--noEmit', '--target', 'es2023', '--module', module, '--moduleResolution', moduleResolution, ...lib]
    await run(process.execPath, [compiler, '--ignoreConfig', ...strictest, ...how, file], directory)
  }
  const environment: Record<string, string> = has('postgres') ? { DATABASE_URL: await testDatabase(t) } : {}
  const printed = JSON.parse(await run(process.execPath, ['host.js'], directory, environment))
  t.deepEqual(printed.paths, [
    '/docs',
    '/openapi.json',
    '/posts',
    '/posts/{id}',
    '/posts/{id}/history',
    '/posts/{id}/rating',
    '/ratings',
  ])
  if (has('postgres')) t.deepEqual(printed.rated, { score: 4, previousScore: null, changed: true })

  const bin = join('node_modules', '.bin', 'post-rate')
  t.regex(await run(bin, ['--help'], directory), /^Usage: post-rate /)
  t.is((await run(bin, ['--version'], directory)).trim(), await versionOf('cli'))
})

/** The versions that this checkout has, so that npm's cache knows them. */
async function versionsOf(...names: string[]): Promise<string[]> {
  const lock = JSON.parse(await readFile(join(projectDirectory, 'package-lock.json'), 'utf8'))
  return names.map((name) => `${name}@${lock.packages[`node_modules/${name}`].version}`)
}

async function versionOf(name: string): Promise<string> {
  return JSON.parse(await readFile(join(projectDirectory, `packages/${name}/package.json`), 'utf8')).version
}

/** Resolves with stdout. */
function run(file: string, args: string[], cwd: string, environment: Record<string, string> = {}): Promise<string> {
  const { NODE_OPTIONS: _, ...inherited } = process.env
  return new Promise((resolve, reject) => {
    execFile(
      file,
      args,
      { cwd, env: { ...inherited, ...environment }, maxBuffer: 2 ** 26, timeout: 240_000 },
      (error, stdout, stderr) =>
        error ? reject(new Error(`${error.message}\n${stdout}\n${stderr}`)) : resolve(stdout),
    )
  })
}
