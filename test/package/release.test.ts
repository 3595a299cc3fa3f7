import { spawnSync } from 'node:child_process'
import { chmodSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs'
import { delimiter, join } from 'node:path'
import test from 'ava'
import { findStrayFiles } from '../../bin/release/checks.js'
import { copyTree } from '../mutants/copy-tree.ts'

const placeholderAddress = 'https://github.com/OWNER/post-rate'

test('a release is refused until all is in order, shown before it is made, and published in order', (t) => {
  t.timeout(170_000)
  const { root, remove } = copyTree()
  t.teardown(remove)
  const git = (...args: string[]) =>
    spawnSync('git', ['-c', 'user.name=t', '-c', 'user.email=t@t', ...args], { cwd: root, encoding: 'utf8' })
  const commit = () => git('commit', '--all', '--quiet', '--message', 'now')
  git('init', '--quiet')
  git('add', '.')
  commit()
  const release = (args: string[] = [], path = process.env.PATH) => {
    const { status, stdout, stderr } = spawnSync(process.execPath, ['bin/release.js', ...args], {
      cwd: root,
      encoding: 'utf8',
      env: { HOME: process.env.HOME, PATH: path, npm_config_cache: process.env.npm_config_cache },
    })
    return { code: status, lines: (stdout + stderr).trim().split('\n') }
  }

  const setRepository = (...args: string[]) =>
    spawnSync(process.execPath, ['bin/set-repository.js', ...args], { cwd: root, encoding: 'utf8' }).status
  const placeholder = "The repository's address is still a placeholder: run `npm run set-repository -- URL` and commit."
  const { homepage, version } = JSON.parse(readFileSync(join(root, 'packages/post-rate/package.json'), 'utf8'))
  const address = homepage.replace(/\/tree\/.*/, '')
  for (const path of filesNaming(address)) edit(path, (text) => text.replaceAll(address, placeholderAddress))
  git('commit', '--all', '--quiet', '--allow-empty', '--message', 'placeholder')
  t.deepEqual(release(), { code: 1, lines: [placeholder] })

  for (const [n, name] of ['post-rate', 'express', 'cli'].entries())
    edit(`packages/${name}/package.json`, (text) =>
      JSON.stringify({
        ...JSON.parse(text),
        version: n === 2 ? '2.0.1' : '2.0.0',
        ...(n === 1 && { repository: undefined }),
      }),
    )
  const refused = release()
  t.is(refused.code, 1)
  t.deepEqual(
    refused.lines.filter((line) => !line.startsWith(' M ')),
    [
      'There are changes that are not committed:',
      'The versions differ: 2.0.0, 2.0.1.',
      'CHANGELOG.md has no part "## 2.0.0 - YYYY-MM-DD".',
      placeholder,
      `packages/express wants post-rate ^${version}: make it ^2.0.0.`,
      'packages/express does not say where it is from (repository: type, url, directory): provenance needs it.',
      `packages/cli wants @post-rate/express ^${version}: make it ^2.0.0.`,
      `packages/cli wants post-rate ^${version}: make it ^2.0.0.`,
    ],
  )
  t.is(release(['--dry-run=false']).code, 2)

  for (const name of ['express', 'cli'])
    edit(`packages/${name}/package.json`, (text) =>
      JSON.stringify({
        ...JSON.parse(text.replaceAll(`^${version}`, '^2.0.0')),
        version: '2.0.0',
        repository: { type: 'git', url: `git+${placeholderAddress}.git`, directory: `packages/${name}` },
      }),
    )
  for (const wrong of [
    [],
    ['acme/ratings'],
    ['http://example.org/a/b'],
    [placeholderAddress],
    ['https://x.org/a/b', 'c'],
  ])
    t.is(setRepository(...wrong), 2, wrong.join())
  for (const wanted of ['https://github.com/acme/ratings', 'https://gitlab.com/acme/group/post-rate']) {
    t.is(setRepository(`${wanted}.git`), 0)
    t.deepEqual(filesNaming(placeholderAddress), [])
    for (const directory of ['', 'packages/post-rate', 'packages/express', 'packages/cli']) {
      const manifest = JSON.parse(readFileSync(join(root, directory, 'package.json'), 'utf8'))
      t.is(manifest.repository.url, `git+${wanted}.git`)
      t.is(manifest.bugs, `${wanted}/issues`)
      t.regex(manifest.homepage, RegExp(`^${wanted}(/tree/HEAD/${directory})?#readme$`))
    }
  }
  t.deepEqual(filesNaming('https://github.com/acme/ratings'), [])
  edit('CHANGELOG.md', (text) => text.replace(/^## /m, '## 2.0.0 - 2026-12-01\n\n## '))
  commit()
  mkdirSync(join(root, 'packages/post-rate/dist'))
  writeFileSync(join(root, 'packages/post-rate/dist/removed.js'), '')
  const shown = release()
  t.is(shown.code, 0, shown.lines.join('\n'))
  t.deepEqual(
    shown.lines.map((line) => line.split(' ')[0]),
    ['post-rate@2.0.0', '@post-rate/express@2.0.0', '@post-rate/cli@2.0.0', 'Nothing'],
  )

  // In the place of npm, one that notes what it is asked; of the first package it says that it is there.
  const log = join(root, '.cache')
  mkdirSync(join(root, '.post-rate'))
  const npm = join(root, '.post-rate/npm')
  writeFileSync(
    npm,
    `#!/bin/sh
echo "$*" >> ${log}
case "$1 $2" in
  pack*) echo '[{"id":"'"$6"'","size":1,"files":[{"path":"package.json"},{"path":"README.md"},{"path":"LICENSE"},{"path":"dist/index.js"},{"path":"src/index.ts"},{"path":"dist/index.d.ts"}]}]' ;;
  "view post-rate@2.0.0") echo 2.0.0 ;;
  view*) echo 'npm error code E404' >&2; exit 1 ;;
esac
`,
  )
  chmodSync(npm, 0o755)
  const published = release(['--publish'], join(root, '.post-rate') + delimiter + process.env.PATH)
  t.is(published.code, 0, published.lines.join('\n'))
  t.deepEqual(
    readFileSync(log, 'utf8')
      .split('\n')
      .filter((line) => line.startsWith('publish')),
    ['express', 'cli'].map((name) => `publish --provenance --access public --workspace packages/${name}`),
  )

  /** Tests are left out: this one names addresses itself. */
  function filesNaming(text: string): string[] {
    const { stdout } = git('grep', '--fixed-strings', '--files-with-matches', text, '--', ':!test')
    return stdout.split('\n').filter((path) => path !== '')
  }

  function edit(file: string, change: (text: string) => string): void {
    writeFileSync(join(root, file), change(readFileSync(join(root, file), 'utf8')))
  }
})

test('files that are missing, stray, or left over from a removed source are named', (t) => {
  const whole = ['package.json', 'README.md', 'LICENSE', 'dist/index.js', 'dist/index.d.ts', 'src/index.ts']
  t.deepEqual(findStrayFiles(whole), [])
  t.deepEqual(findStrayFiles([...whole.slice(2), 'package.json', 'dist/old.js', 'src/test/x.ts']), [
    'README.md is missing',
    'src/test/x.ts does not belong there',
    'dist/old.js has no source any more',
  ])
})
