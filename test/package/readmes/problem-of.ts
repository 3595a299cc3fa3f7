import { existsSync, readdirSync, readFileSync, statSync } from 'node:fs'
import { join } from 'node:path'
import { PassThrough, Writable } from 'node:stream'
import type { Command as CliCommand } from 'commander'
import { createProgram } from '../../../packages/cli/src/program.ts'
import { projectDirectory } from '../../helpers/services/directories.ts'
import { filledIn } from './commands.ts'

const manifest = (directory = '.') =>
  JSON.parse(readFileSync(join(projectDirectory, directory, 'package.json'), 'utf8')) as {
    scripts: Record<string, string>
  }

/** Why a command of the project's own cannot be run so; null where it can. */
export async function problemOf([name = '', ...args]: string[]): Promise<string | null> {
  switch (name) {
    case 'post-rate':
      return await usageProblem(filledIn(args))
    case 'npm':
      return npmProblem(args)
    case 'docker':
      return composeProblem(args)
    case 'ava':
    case 'biome':
      return existsSync(join(projectDirectory, 'node_modules/.bin', name)) ? null : `${name} is not installed`
    case 'node':
      return existsSync(join(projectDirectory, args[0] ?? '')) ? null : `there is no ${args[0]}`
    case '.ci/run':
      return (statSync(join(projectDirectory, name)).mode & 0o100) !== 0 ? null : 'it cannot be run'
    default:
      return 'this test does not know the program: say in readmes/commands.ts what it is'
  }
}

function npmProblem(args: string[]): string | null {
  const [operands, own] = [args.filter((arg) => !arg.startsWith('-')), args.indexOf('--')]
  const [verb = '', script = ''] = operands
  if (verb === 'ci' || verb === 'install') return null
  const workspace = args.includes('-w') ? args[args.indexOf('-w') + 1] : undefined
  if (workspace !== undefined && !existsSync(join(projectDirectory, workspace, 'package.json')))
    return `there is no workspace ${workspace}`
  const name = verb === 'run' ? script : verb
  const line = manifest(workspace).scripts[name]
  if (line === undefined) return `there is no script ${name}`
  const flags = own < 0 ? [] : args.slice(own).filter((arg) => /^--./.test(arg))
  // These scripts read their flags by name, quoted, with or without the dashes.
  const file = /\S+\.[tj]s(?=\s|$)/.exec(line)?.[0]
  const source = file === undefined ? '' : sourceOf(join(projectDirectory, workspace ?? '.', file))
  const unknown = flags.find(
    (flag) => !new RegExp(`['"](--)?${flag.slice(2)}\\b|\\b${flag.slice(2)}: \\{`).test(source),
  )
  return unknown === undefined ? null : `${file} knows no ${unknown}`
}

/** A script's file, with those of the folder of the same name. */
function sourceOf(file: string): string {
  const folder = file.replace(/\.[tj]s$/, '')
  const parts = existsSync(folder) ? readdirSync(folder).map((name) => join(folder, name)) : []
  return [file, ...parts].map((path) => readFileSync(path, 'utf8')).join('\n')
}

function composeProblem(args: string[]): string | null {
  if (args[0] !== 'compose') return null
  const services = readFileSync(join(projectDirectory, 'docker-compose.yml'), 'utf8')
  const unknown = args.slice(2).find((arg) => !arg.startsWith('-') && !services.includes(`\n  ${arg}:\n`))
  return unknown === undefined ? null : `there is no service ${unknown}`
}

/** The program itself judges a command line, with nothing to do in the place of every command's work. */
async function usageProblem(args: string[]): Promise<string | null> {
  let said = ''
  const cli = program((text) => {
    said += text
  })
  for (const command of allCommands(cli)) if (command.commands.length === 0) command.action(() => {})
  try {
    await cli.parseAsync(args, { from: 'user' })
    return null
  } catch (error) {
    const { code = '' } = error as { code?: string }
    if (code === 'commander.helpDisplayed' || (isName(args) && unfinished.includes(code))) return null
    return said || String(error)
  }
}

const unfinished = ['commander.help', 'commander.missingArgument', 'commander.missingMandatoryOptionValue']

/** As a text names a command: `post-rate import`, not how it is run. */
function isName(args: string[]): boolean {
  return args.every((arg) => /^[a-z][a-z-]*$/.test(arg))
}

function program(say: (text: string) => void = () => {}): CliCommand {
  const output = new Writable({
    write(chunk, _encoding, done) {
      say(String(chunk))
      done()
    },
  })
  const silent = new Writable({ write: (_chunk, _encoding, done) => done() })
  return createProgram({ stdin: new PassThrough(), stdout: silent, stderr: output, env: {}, cwd: '.' }, () => {})
}

function allCommands(command: CliCommand): CliCommand[] {
  return [command, ...command.commands.flatMap(allCommands)]
}

/** Every flag of the command line. */
export function knownFlags(): string[] {
  return allCommands(program()).flatMap(({ options }) => options.map(({ long }) => long ?? ''))
}
