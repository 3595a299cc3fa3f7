import { existsSync, readdirSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { projectDirectory } from '../../helpers/services/directories.ts'

/** Paths of the pages for host developers and contributors: of the project, its packages and its examples. */
export const readmes: readonly string[] = [
  'README.md',
  '.github/CONTRIBUTING.md',
  '.github/SECURITY.md',
  ...['packages', 'examples'].flatMap((folder) =>
    readdirSync(join(projectDirectory, folder))
      .map((name) => `${folder}/${name}/README.md`)
      .filter((path) => existsSync(join(projectDirectory, path))),
  ),
]

export function readReadme(path: string): string {
  return readFileSync(join(projectDirectory, path), 'utf8')
}

/** The fenced blocks of a language, without the indentation of the list that they are in. */
export function fences(markdown: string, language: string): string[] {
  return [...markdown.matchAll(/^( *)```(\w*)\n([\s\S]*?)^\1```$/gm)]
    .filter(([, , name]) => name === language)
    .map(([, indent = '', , text = '']) => text.replaceAll(new RegExp(`^${indent}`, 'gm'), ''))
}

/** The one block of a language that has this in it. */
export function fenceWith(markdown: string, language: string, part: string): string {
  const found = fences(markdown, language).filter((text) => text.includes(part))
  if (found.length !== 1) throw new Error(`${found.length} ${language} blocks have ${part}`)
  return found[0] as string
}

/** Texts in backticks outside of fenced blocks. */
export function codeSpans(markdown: string): string[] {
  return [...prose(markdown).matchAll(/`([^`\n]+)`/g)].map(([, text]) => text as string)
}

/** Where links lead, other sites left out; without the part behind `#`. */
export function localLinks(markdown: string): string[] {
  return [...prose(markdown).matchAll(/\]\(([^)\s]+)\)/g)]
    .map(([, target = '']) => target.replace(/#.*$/, ''))
    .filter((target) => target !== '' && !/^[a-z]+:/.test(target))
}

/** The cells of each row of the table whose header has this in it. */
export function tableWith(markdown: string, header: string): string[][] {
  const tables = prose(markdown).split(/\n(?!\|)/)
  const table = tables.find((text) => text.trimStart().split('\n')[0]?.startsWith('|') && text.includes(header))
  if (table === undefined) throw new Error(`No table has ${header}`)
  return table
    .trim()
    .split('\n')
    .slice(2)
    .map((row) => row.replace(/^\|\s*|\s*\|$/g, '').split(/\s*\|\s*/))
}

function prose(markdown: string): string {
  return markdown.replaceAll(/^( *)```[\s\S]*?^\1```$/gm, '')
}
