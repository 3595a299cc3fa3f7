import { execFile } from 'node:child_process'
import { mkdir, mkdtemp, readdir, readFile, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { dirname, join } from 'node:path'
import test from 'ava'
import { projectDirectory } from '../../helpers/services/directories.ts'

let directory: string

/** A host with the tarballs and the bundlers. */
test.before(async (t) => {
  t.timeout(600_000, 'Installing')
  directory = await mkdtemp(join(tmpdir(), 'post-rate-bundles-'))
  const workspaces = ['post-rate', 'express'].flatMap((name) => ['--workspace', `packages/${name}`])
  const output = await run(['npm', 'pack', '--json', '--pack-destination', directory, ...workspaces], projectDirectory)
  const tarballs = (JSON.parse(output) as { filename: string }[]).map(({ filename }) => `./${filename}`)
  await write({ 'package.json': JSON.stringify({ name: 'host', private: true }) })
  const bundlers = ['esbuild@0.25', 'webpack@5', 'webpack-cli@6', 'vite@7', 'next@15', 'react@19', 'react-dom@19']
  await run(['npm', 'install', '--no-audit', '--no-fund', ...tarballs, 'express@5', ...bundlers], directory)
})

test.after.always(async () => {
  if (directory) await rm(directory, { recursive: true, force: true })
})

const backend = `
import { createServer } from 'node:http'
import express from 'express'
import { createMemoryPostRate } from 'post-rate/memory'
import { createPostRate } from 'post-rate'
import { createRouter } from '@post-rate/express'
async function main() {
  await createPostRate({ database: 'postgres://127.0.0.1:1/x' }).close()
  const postRate = createMemoryPostRate()
  await postRate.start({ relay: true })
  await postRate.posts.create({ title: 'Title', content: 'Text', createdBy: 'ada' })
  const said = []
  const app = express().use(createRouter({ postRate, getUser: () => 'ada' }))
  app.use((error, req, res, next) => { said.push(error.message); res.status(500).end() })
  const server = createServer(app).listen(0, '127.0.0.1', async () => {
    const url = 'http://127.0.0.1:' + server.address().port
    const headers = { 'content-type': 'application/json' }
    const { score } = await (await fetch(url + '/posts/1/rating', { method: 'PUT', headers, body: '{"score":4}' })).json()
    const { status } = await fetch(url + '/stars.js')
    server.close()
    await postRate.close()
    console.log(JSON.stringify({ score, stars: status, said }))
  })
}
main()
`
const page = `import { PostRateHistory } from '@post-rate/express/history.js'
import { PostRateStars } from '@post-rate/express/stars.js'
import { texts } from '@post-rate/express/stars/texts.js'
document.body.append(new PostRateStars(), new PostRateHistory(), texts.gone)
`

for (const format of ['cjs', 'esm'])
  test.serial(`esbuild: a backend as ${format} with everything external works whole`, async (t) => {
    t.timeout(120_000)
    const file = `out/external-${format}.${format === 'cjs' ? 'cjs' : 'mjs'}`
    await write({ 'backend.js': backend })
    await run(esbuild('backend.js', file, format, '--packages=external'), directory)
    t.deepEqual(JSON.parse(await run(['node', file], directory)), { score: 4, stars: 200, said: [] })
  })

for (const format of ['cjs', 'esm'])
  test.serial(
    `esbuild: a backend as ${format} with the library inside rates, and says what /stars.js lacks`,
    async (t) => {
      t.timeout(120_000)
      const file = `out/inside-${format}.${format === 'cjs' ? 'cjs' : 'mjs'}`
      const external = ['sequelize', 'pg', 'kafkajs', 'express'].map((name) => `--external:${name}`)
      await write({ 'backend.js': backend })
      await run(esbuild('backend.js', file, format, ...external), directory)
      const { score, stars, said } = JSON.parse(await run(['node', file], directory))
      t.is(score, 4)
      t.is(stars, 500)
      t.regex(said[0], /not beside the bundled @post-rate\/express\. Keep the package external/)
    },
  )

test.serial('webpack: a backend with everything external, and a page with the element', async (t) => {
  t.timeout(180_000)
  await write({
    'page.js': page,
    'backend.js': backend,
    'webpack.config.cjs': `const externals = [({ request }, done) => (/^[.\\/]/.test(request) ? done() : done(null, 'import ' + request))]
module.exports = [
  { mode: 'production', entry: './page.js', output: { filename: 'webpack-page.js', path: __dirname + '/out' } },
  { mode: 'production', target: 'node20', entry: './backend.js', experiments: { outputModule: true }, externals,
    output: { filename: 'webpack-backend.mjs', path: __dirname + '/out', module: true, chunkFormat: 'module' } }]`,
  })
  await run(['npx', 'webpack', '--config', 'webpack.config.cjs'], directory)
  t.deepEqual(JSON.parse(await run(['node', 'out/webpack-backend.mjs'], directory)), { score: 4, stars: 200, said: [] })
  const bundle = await readFile(join(directory, 'out/webpack-page.js'), 'utf8')
  for (const name of ['post-rate-stars', 'post-rate-history']) t.true(bundle.includes(name), name)
})

test.serial('Vite: a page with the element', async (t) => {
  t.timeout(120_000)
  await write({ 'vite/index.html': '<script type="module" src="./page.js"></script>', 'vite/page.js': page })
  await run(['npx', 'vite', 'build', 'vite', '--outDir', '../out/vite'], directory)
  const assets = join(directory, 'out/vite/assets')
  const [script = ''] = (await readdir(assets)).filter((name) => name.endsWith('.js'))
  t.regex(await readFile(join(assets, script), 'utf8'), /post-rate-stars/)
})

test.serial('Next: a client component with the element is rendered on the server and bundled', async (t) => {
  t.timeout(400_000)
  await write({
    'next/package.json': JSON.stringify({ private: true }),
    'next/app/layout.js': 'export default ({ children }) => <html lang="en"><body>{children}</body></html>',
    'next/app/page.js': "import { Stars } from './stars'\nexport default () => <Stars />",
    'next/app/stars.js': `'use client'\nimport '@post-rate/express/stars.js'\nexport const Stars = () => <post-rate-stars post-id="1" api="/api" />`,
  })
  await run(['npx', 'next', 'build', 'next'], directory)
  const html = await readFile(join(directory, 'next/.next/server/app/index.html'), 'utf8')
  t.regex(html, /<post-rate-stars post-id="1" api="\/api">/)
})

function esbuild(entry: string, outfile: string, format: string, ...more: string[]): string[] {
  const esm =
    format === 'esm'
      ? ["--banner:js=import { createRequire as r } from 'module'; const require = r(import.meta.url)"]
      : []
  return [
    'npx',
    'esbuild',
    entry,
    '--bundle',
    '--platform=node',
    `--format=${format}`,
    `--outfile=${outfile}`,
    ...esm,
    ...more,
  ]
}

async function write(files: Record<string, string>): Promise<void> {
  for (const [file, text] of Object.entries(files)) {
    await mkdir(dirname(join(directory, file)), { recursive: true })
    await writeFile(join(directory, file), text)
  }
}

async function run([file = '', ...args]: string[], cwd: string): Promise<string> {
  const { NODE_OPTIONS: _, ...env } = process.env
  return new Promise((resolve, reject) => {
    const options = { cwd, env: { ...env, NEXT_TELEMETRY_DISABLED: '1' }, maxBuffer: 2 ** 26, timeout: 380_000 }
    execFile(file, args, options, (error, stdout, stderr) =>
      error ? reject(new Error(`${error.message}\n${stdout}\n${stderr}`)) : resolve(stdout),
    )
  })
}
