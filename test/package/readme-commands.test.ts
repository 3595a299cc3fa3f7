import { existsSync } from 'node:fs'
import { join } from 'node:path'
import test from 'ava'
import { keys } from '../../packages/cli/src/configuration-keys.ts'
import { projectDirectory } from '../helpers/services/directories.ts'
import { commandsOf } from './readmes/commands.ts'
import { codeSpans, localLinks, readmes, readReadme } from './readmes/markdown.ts'
import { knownFlags, problemOf } from './readmes/problem-of.ts'

for (const path of readmes) {
  const text = readReadme(path)

  test(`${path}: every command exists, with these arguments and flags`, async (t) => {
    const problems = commandsOf(text).map(async ({ text: command, words }) => ({
      command,
      problem: await problemOf(words),
    }))
    t.deepEqual(
      (await Promise.all(problems)).filter(({ problem }) => problem !== null),
      [],
    )
  })

  test(`${path}: every flag, variable, file and link exists`, (t) => {
    const flags = knownFlags()
    const wrong = {
      flags: codeSpans(text)
        .map((span) => span.split(/[ =]/)[0] as string)
        // `--post-rate-…` are properties of style sheets.
        .filter((word) => word.startsWith('--') && !word.startsWith('--post-rate-') && !flags.includes(word)),
      variables: (text.match(/\bPOST_RATE_[A-Z_]*[A-Z]\b/g) ?? []).filter(
        (name) => !keys.some(({ variable }) => variable === name),
      ),
      files: codeSpans(text).filter(
        (span) => /^(packages|examples|test|bin)\/[\w./-]+$/.test(span) && !existsSync(join(projectDirectory, span)),
      ),
      links: localLinks(text).filter((target) => !existsSync(join(projectDirectory, path, '..', target))),
    }
    t.deepEqual(wrong, { flags: [], variables: [], files: [], links: [] })
  })
}
