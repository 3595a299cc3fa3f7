import { codeSpans, fences } from './markdown.ts'

/** Programs that a README may name beside the project's own. */
const foreign = [
  'cd',
  'cp',
  'curl',
  'export',
  'git',
  'helm',
  'kubectl',
  'mkdir',
  'openapi-typescript',
  'psql',
  'sudo',
  'systemctl',
]

/** A command as a README has it, and its words. */
export interface Command {
  text: string
  words: string[]
}

/** Every command of a README: the lines of its shell blocks, and what stands in backticks and begins like one. */
export function commandsOf(markdown: string): Command[] {
  const lines = fences(markdown, 'sh').flatMap((block) => block.replaceAll('\\\n', ' ').split('\n'))
  const spans = codeSpans(markdown).filter((text) => /^([A-Z_]+=\S+ )*(npx|npm|docker|post-rate [a-z])/.test(text))
  return [...lines, ...spans]
    .map((line) => line.replace(/(^|\s)#.*$/, ''))
    .flatMap((line) => line.split(/&&|\|\||[;&|]/))
    .map((text) => ({ text: text.trim(), words: wordsOf(text) }))
    .map((command) => ({ ...command, words: command.words[0] === 'npx' ? command.words.slice(1) : command.words }))
    .filter(({ words: [program = ''] }) => program !== '' && !foreign.includes(program))
}

/** Without the variables that are set for it. */
function wordsOf(text: string): string[] {
  const words = [...text.matchAll(/(?:"[^"]*"|'[^']*'|\S)+/g)].map(([word]) => word.replace(/^(["'])(.*)\1$/, '$2'))
  const first = words.findIndex((word) => !/^[A-Z_]+=/.test(word))
  return first < 0 ? [] : words.slice(first)
}

const values: Record<string, string> = {
  ID: '1',
  POST: '1',
  USER: 'ada',
  TEXT: 'because',
  KEY: 'min-count',
  VALUE: '0',
  COMMAND: 'import',
  SCORE: '4',
  FILE: 'ratings.csv',
}
const times = ['2020-01-01T00:00:00Z', '2021-01-01T00:00:00Z']

/** With something in the place of each word that a README leaves to its reader; the first TIME is before the second. */
export function filledIn(words: readonly string[]): string[] {
  let time = 0
  return words.map((word) => (word === 'TIME' ? (times[time++] as string) : (values[word] ?? word)))
}
