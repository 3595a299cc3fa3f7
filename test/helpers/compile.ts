import { mkdirSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { readFile } from 'node:fs/promises'
import { dirname, join, relative } from 'node:path'
import { pathToFileURL } from 'node:url'
import { type BuildOptions, build, type Plugin } from 'esbuild'
import { compiledDirectory } from './services/directories.ts'

/**
 * Compiles all tests of the checkout at `root` to JavaScript below `.cache`, with an AVA configuration for them. They
 * import the packages as `tsc -b` built them. Measured: with tsx, which compiles each file as it is imported, a test of
 * the commands takes 4.4 s of processor time; compiled it takes 2.4 s, and all are compiled in 0.8 s.
 */
export async function compileTests(root: string): Promise<void> {
  const target = join(root, compiledDirectory)
  rmSync(target, { recursive: true, force: true })
  const tests = join(root, 'test')
  const entryPoints = readdirSync(tests, { recursive: true, withFileTypes: true })
    .filter((entry) => entry.isFile() && /\.tsx?$/.test(entry.name) && !entry.parentPath.includes('/fixtures/'))
    .map((entry) => join(entry.parentPath, entry.name))
  await build({
    ...options,
    entryPoints,
    outdir: join(target, 'test'),
    outbase: tests,
    plugins: [keepImports(root), knowTheirSource],
    define: { 'import.meta.url': sourceUrl, 'import.meta.dirname': sourceDirectory },
    sourcemap: 'inline',
    sourcesContent: false,
  })
  const { ava } = JSON.parse(readFileSync(join(root, 'package.json'), 'utf8'))
  const compiled = {
    ...ava,
    files: ['test/**/*.test.js'],
    extensions: ['js'],
    nodeArguments: ['--enable-source-maps'],
    require: ava.require.map(toJavaScript),
  }
  mkdirSync(target, { recursive: true })
  writeFileSync(join(target, 'package.json'), JSON.stringify({ type: 'module', ava: compiled }))
}

/** Compiles one source file of a package, as `tsc -b` does but without a look at its types. */
export async function compileSource(root: string, file: string): Promise<string> {
  const { outputFiles } = await build({
    ...options,
    entryPoints: [file],
    outfile: toJavaScript(file),
    plugins: [keepImports(root)],
    write: false,
  })
  return outputFiles[0]?.text ?? ''
}

/** The name of a compiled file. */
export function toJavaScript(file: string): string {
  return file.replace(/\.tsx?$/, '.js')
}

const options = {
  // Each file stays one: esbuild lets a plugin see imports only when it bundles.
  bundle: true,
  format: 'esm',
  platform: 'node',
  target: 'node20',
  jsx: 'automatic',
  logLevel: 'warning',
} as const satisfies BuildOptions

/**
 * Leaves imports as they are but for the endings, and for those of compiled tests that leave `test`: these name the same
 * files from another place, and in place of a package's source what was built of it.
 */
function keepImports(root: string): Plugin {
  return {
    name: 'keep-imports',
    setup({ onResolve }) {
      onResolve({ filter: /./ }, ({ kind, path, resolveDir }) => {
        if (kind === 'entry-point') return undefined
        if (!path.startsWith('.')) return { path, external: true }
        const [importer, imported] = [relative(root, resolveDir), relative(root, join(resolveDir, path))]
        if (!importer.startsWith('test') || imported.startsWith('test/'))
          return { path: toJavaScript(path), external: true }
        const built = join(root, imported.replace(/^(packages\/[\w-]+)\/src\//, '$1/dist/'))
        return { path: toJavaScript(relative(join(root, compiledDirectory, importer), built)), external: true }
      })
    },
  }
}

const sourceUrl = '__sourceUrl'
const sourceDirectory = '__sourceDirectory'

/** Tells each test where its source is, beside which it finds its files. */
const knowTheirSource: Plugin = {
  name: 'know-their-source',
  setup({ onLoad }) {
    onLoad({ filter: /\.tsx?$/ }, async ({ path }) => {
      const constants = { [sourceUrl]: pathToFileURL(path).href, [sourceDirectory]: dirname(path) }
      const declared = Object.entries(constants).map(([name, value]) => `const ${name} = ${JSON.stringify(value)};`)
      // On the first line: all others keep their numbers.
      const contents = `${declared.join('')}${await readFile(path, 'utf8')}`
      return { contents, loader: path.endsWith('x') ? 'tsx' : 'ts' }
    })
  },
}
