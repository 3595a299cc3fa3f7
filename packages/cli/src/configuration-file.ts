import { existsSync } from 'node:fs'
import { readFile, stat } from 'node:fs/promises'
import { join } from 'node:path'
import { pathToFileURL } from 'node:url'
import { keys } from './configuration-keys.ts'
import { ConfigurationError } from './errors.ts'

export interface ConfigurationFile {
  path: string
  /** As text, the form in which the other sources give them. */
  values: Readonly<Record<string, string>>
  readableByOthers: boolean
}

const names = ['post-rate.config.js', 'post-rate.config.json']

/**
 * Reads `post-rate.config.js` (its default export) or `post-rate.config.json` of a directory; null where there is none.
 * @throws ConfigurationError
 */
export async function readConfigurationFile(directory: string): Promise<ConfigurationFile | null> {
  const found = names.map((name) => join(directory, name)).filter((path) => existsSync(path))
  const path = found[0]
  if (path === undefined) return null
  if (found.length > 1) throw new ConfigurationError(`There are two configuration files: remove ${found.join(' or ')}.`)
  const content = await load(path)
  if (typeof content !== 'object' || content === null || Array.isArray(content))
    throw new ConfigurationError(`${path} must hold an object with settings.`)
  const values: Record<string, string> = {}
  for (const [name, value] of Object.entries(content)) {
    if (!keys.some((key) => key.name === name))
      throw new ConfigurationError(
        `${name} in ${path} is not a setting: remove it. Known are ${keys.map((key) => key.name).join(', ')}.`,
      )
    if (value !== undefined && value !== null) values[name] = asText(name, path, value)
  }
  const { mode } = await stat(path)
  return { path, values, readableByOthers: process.platform !== 'win32' && (mode & 0o044) !== 0 }
}

async function load(path: string): Promise<unknown> {
  try {
    if (path.endsWith('.json')) return JSON.parse(await readFile(path, 'utf8'))
    return ((await import(pathToFileURL(path).href)) as { default?: unknown }).default
  } catch (error) {
    // What the parsers say quotes the text, and the text may hold a password.
    const reason = error instanceof SyntaxError ? syntaxProblem(path, error) : (error as Error).message
    throw new ConfigurationError(`Cannot read ${path}: ${reason}`)
  }
}

function syntaxProblem(path: string, { message }: SyntaxError): string {
  if (!path.endsWith('.json')) return `it is no JavaScript module; \`node --check ${path}\` says where.`
  const position = /\bat position \d+/.exec(message)?.[0]
  return `it is not JSON${position === undefined ? '' : ` (${position})`}.`
}

/** Numbers, lists, and the objects of prior and spike guard may stand in a file as what they are. */
function asText(name: string, path: string, value: unknown): string {
  if (typeof value === 'string') return value
  if (typeof value === 'number' || typeof value === 'boolean') return String(value)
  if (Array.isArray(value) && value.every((item) => typeof item === 'string')) return value.join(',')
  const { weight, mean, starPerDay } = (value ?? {}) as Record<string, unknown>
  if (name === 'spikeGuard' && typeof starPerDay === 'number') return String(starPerDay)
  if (name === 'prior' && typeof weight === 'number' && typeof mean === 'number') return `${weight}:${mean}`
  throw new ConfigurationError(`${name} in ${path} must be text or a number.`)
}
