import { readdirSync, readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'

/** Whether an address still has the owner that a new checkout starts with. */
export function isPlaceholder(address) {
  return /[/:]OWNER\//.test(address)
}

/**
 * Replaces the repository's address in every manifest and below `.github`. Run it again to change the address.
 * @returns the exit code
 */
export function setRepository(root, args) {
  const address = (args[0] ?? '').replace(/(\.git)?\/?$/, '')
  if (args.length !== 1 || !/^https:\/\/[\w.-]+(\/[\w.-]+){2,}$/.test(address) || isPlaceholder(address)) {
    process.stderr.write(
      'Usage: npm run set-repository -- https://HOST/OWNER/NAME, with your own host, owner and name\n',
    )
    return 2
  }
  const current = JSON.parse(readFileSync(join(root, 'package.json'), 'utf8')).homepage.replace(/#.*$/, '')
  const naming = new RegExp(`${current.replaceAll('.', '\\.')}(?![\\w-])`, 'g')
  let changed = 0
  for (const path of filesWithAddress(root)) {
    const before = readFileSync(path, 'utf8')
    const after = before.replaceAll(naming, address)
    if (after === before) continue
    writeFileSync(path, after)
    changed += 1
  }
  process.stdout.write(`The repository is ${address}. Changed files: ${changed}.\n`)
  return 0
}

function filesWithAddress(root) {
  const packages = readdirSync(join(root, 'packages')).map((name) => `packages/${name}/package.json`)
  const github = readdirSync(join(root, '.github'), { recursive: true, withFileTypes: true })
  return [
    ...['package.json', ...packages].map((path) => join(root, path)),
    ...github.filter((entry) => entry.isFile()).map((entry) => join(entry.parentPath, entry.name)),
  ]
}
