import { execFile } from 'node:child_process'
import { mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import test from 'ava'
import { projectDirectory } from '../../helpers/services/directories.ts'

let directory: string

/** A CommonJS host with the tarballs, two versions of TypeScript and Jest. */
test.before(async (t) => {
  t.timeout(300_000, 'Installing')
  directory = await mkdtemp(join(tmpdir(), 'post-rate-commonjs-'))
  const workspaces = ['post-rate', 'express'].flatMap((name) => ['--workspace', `packages/${name}`])
  const packed = await run(['npm', 'pack', '--json', '--pack-destination', directory, ...workspaces], projectDirectory)
  const tarballs = (JSON.parse(packed.output) as { filename: string }[]).map(({ filename }) => `./${filename}`)
  const files = {
    'package.json': JSON.stringify({ name: 'host', private: true, type: 'commonjs' }),
    'required.ts': "import { createMemoryPostRate } from 'post-rate/memory'\nexport const a = createMemoryPostRate\n",
    'imported.ts': "export const a = async () => (await import('post-rate/memory')).createMemoryPostRate()\n",
    'required.test.js':
      "test('require', () => { expect(typeof require('post-rate/memory').createMemoryPostRate).toBe('function') })\n",
    'imported.test.js': `test('import', async () => {
  const { createMemoryPostRate } = await import('post-rate/memory')
  const postRate = createMemoryPostRate()
  await postRate.start({ relay: true })
  const { id } = await postRate.posts.create({ title: 'a', content: 'b', createdBy: 'c' })
  await postRate.ratings.rate({ postId: id, userId: 'u', score: 3 })
  expect((await postRate.posts.get(id, { userId: 'u' })).myScore).toBe(3)
  await postRate.close()
})
`,
  }
  for (const [file, text] of Object.entries(files)) await writeFile(join(directory, file), text)
  const tools = [
    'typescript5@npm:typescript@5.9',
    'typescript7@npm:typescript@7',
    'jest@30',
    'express@5',
    '@types/node@20',
  ]
  const { code, output } = await run(['npm', 'install', '--no-audit', '--no-fund', ...tarballs, ...tools], directory)
  if (code !== 0) throw new Error(output)
})

test.after.always(async () => {
  if (directory) await rm(directory, { recursive: true, force: true })
})

/** By `module` and `moduleResolution`: whether a CommonJS file may import by name, and dynamically. */
const settings = [
  ['typescript5', 'nodenext', undefined, true, true],
  ['typescript5', 'node16', undefined, false, true],
  ['typescript5', 'commonjs', 'node10', false, false],
  ['typescript5', 'preserve', 'bundler', true, true],
  ['typescript7', 'nodenext', undefined, true, true],
  ['typescript7', 'node16', undefined, false, true],
  ['typescript7', 'preserve', 'bundler', true, true],
] as const

for (const [compiler, module, resolution, byName, dynamically] of settings)
  test.serial(`${compiler}, module ${module}, resolution ${resolution ?? 'its own'}`, async (t) => {
    t.timeout(60_000)
    const how = ['--module', module, ...(resolution ? ['--moduleResolution', resolution] : [])]
    const strictest = [
      '--noEmit',
      '--strict',
      '--exactOptionalPropertyTypes',
      '--skipLibCheck',
      'false',
      '--types',
      'node',
    ]
    for (const [file, works] of [
      ['required.ts', byName],
      ['imported.ts', dynamically],
    ] as const) {
      const tsc = ['node', `node_modules/${compiler}/bin/tsc`, '--target', 'es2023', ...strictest, ...how, file]
      const { code, output } = await run(tsc, directory)
      t.is(code === 0, works, `${file}: ${output}`)
    }
  })

test.serial('Jest loads the packages by import alone, with --experimental-vm-modules', async (t) => {
  t.timeout(120_000)
  const jest = (file: string, options: string) =>
    run(['node', ...(options ? [options] : []), 'node_modules/jest/bin/jest.js', file], directory)
  t.is((await jest('imported.test.js', '--experimental-vm-modules')).code, 0)
  t.not((await jest('imported.test.js', '')).code, 0)
  t.not((await jest('required.test.js', '--experimental-vm-modules')).code, 0)
})

function run([file = '', ...args]: string[], cwd: string): Promise<{ code: number; output: string }> {
  const { NODE_OPTIONS: _, ...env } = process.env
  return new Promise((resolve) => {
    execFile(file, args, { cwd, env, maxBuffer: 2 ** 26, timeout: 280_000 }, (error, stdout, stderr) =>
      resolve({
        code: error === null ? 0 : Number(error.code ?? 1),
        output: error === null ? stdout : stdout + stderr,
      }),
    )
  })
}
