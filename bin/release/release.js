import { execFileSync } from 'node:child_process'
import { readFileSync, rmSync } from 'node:fs'
import { join } from 'node:path'
import { findProblems, findStrayFiles } from './checks.js'
import { readPackages } from './packages.js'

/** Checks, builds from nothing, and publishes or says what it would publish. @returns the exit code */
export function release(root, args) {
  if (args.some((arg) => arg !== '--publish')) {
    process.stderr.write('Usage: npm run release [-- --publish]\n')
    return 2
  }
  const run = (file, ...rest) =>
    execFileSync(file, rest, { cwd: root, encoding: 'utf8', stdio: ['ignore', 'pipe', 'inherit'] })
  const packages = readPackages(root)
  const problems = findProblems(packages, {
    changelog: readFileSync(join(root, 'CHANGELOG.md'), 'utf8'),
    status: run('git', 'status', '--porcelain'),
  })
  if (problems.length > 0) return refuse(problems)

  // What a removed file left behind in `dist` would be published, too.
  for (const { directory } of packages) {
    rmSync(join(root, directory, 'dist'), { recursive: true, force: true })
    rmSync(join(root, directory, 'tsconfig.tsbuildinfo'), { force: true })
  }
  run(process.execPath, 'node_modules/typescript/bin/tsc', '-b')
  for (const { directory } of packages) {
    const [packed] = JSON.parse(run('npm', 'pack', '--dry-run', '--json', '--ignore-scripts', '--workspace', directory))
    const stray = findStrayFiles(packed.files.map(({ path }) => path))
    if (stray.length > 0) return refuse(stray.map((text) => `${directory}: ${text}.`))
    process.stdout.write(`${packed.id}  ${packed.files.length} files, ${Math.ceil(packed.size / 1000)} kB\n`)
  }
  if (!args.includes('--publish')) {
    process.stdout.write('Nothing was published: that takes `npm run release -- --publish`.\n')
    return 0
  }
  for (const { directory, manifest } of packages) {
    // A release that was cut short goes on.
    if (isPublished(`${manifest.name}@${manifest.version}`, root)) continue
    run('npm', 'publish', '--provenance', '--access', 'public', '--workspace', directory)
    process.stdout.write(`published ${manifest.name}@${manifest.version}\n`)
  }
  return 0
}

function isPublished(id, cwd) {
  try {
    return execFileSync('npm', ['view', id, 'version'], { cwd, encoding: 'utf8', stdio: 'pipe' }).trim() !== ''
  } catch (error) {
    if (/E404/.test(error.stderr)) return false
    throw error
  }
}

function refuse(problems) {
  for (const problem of problems) process.stderr.write(`${problem}\n`)
  return 1
}
