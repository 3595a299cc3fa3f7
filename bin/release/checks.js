import { needsOf } from './packages.js'
import { isPlaceholder } from './repository.js'

/** What stands in the way of a release, a sentence each. `status` is what `git status --porcelain` prints. */
export function findProblems(packages, { changelog, status }) {
  const versions = [...new Set(packages.map(({ manifest }) => manifest.version))]
  const [version] = versions
  const names = packages.map(({ manifest }) => manifest.name)
  const problems = []
  if (status.trim() !== '') problems.push(`There are changes that are not committed:\n${status.trimEnd()}`)
  if (versions.length > 1) problems.push(`The versions differ: ${versions.join(', ')}.`)
  if (!hasPart(changelog, version)) problems.push(`CHANGELOG.md has no part "## ${version} - YYYY-MM-DD".`)
  if (packages.some(({ manifest }) => isPlaceholder(manifest.repository?.url ?? '')))
    problems.push("The repository's address is still a placeholder: run `npm run set-repository -- URL` and commit.")
  for (const { directory, manifest } of packages) {
    for (const { name, range } of needsOf(manifest, names))
      if (range !== `^${version}`) problems.push(`${directory} wants ${name} ${range}: make it ^${version}.`)
    if (manifest.private) problems.push(`${directory} is private.`)
    if (manifest.repository?.directory !== directory || !manifest.repository.url)
      problems.push(
        `${directory} does not say where it is from (repository: type, url, directory): provenance needs it.`,
      )
  }
  return problems
}

/** What is wrong with the files that npm would pack. */
export function findStrayFiles(paths) {
  const missing = ['package.json', 'README.md', 'LICENSE', 'dist/index.js', 'dist/index.d.ts'].filter(
    (path) => !paths.includes(path),
  )
  const stray = paths.filter((path) => /(^|\/)(test|fixtures?)\/|\.test\.|\.env|\.tsbuildinfo$/.test(path))
  const orphans = paths.filter((path) => /^dist\/.*\.js$/.test(path) && !hasSource(path, paths))
  return [
    ...missing.map((path) => `${path} is missing`),
    ...stray.map((path) => `${path} does not belong there`),
    ...orphans.map((path) => `${path} has no source any more`),
  ]
}

function hasSource(path, paths) {
  const source = path.replace(/^dist\//, 'src/').replace(/\.js$/, '')
  return paths.includes(`${source}.ts`) || paths.includes(`${source}.tsx`)
}

function hasPart(changelog, version) {
  const heading = `## ${version} - `
  return changelog
    .split('\n')
    .some((line) => line.startsWith(heading) && /^\d{4}-\d\d-\d\d$/.test(line.slice(heading.length)))
}
