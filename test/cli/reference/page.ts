import { fileURLToPath } from 'node:url'
import type { Argument, Command, Option } from 'commander'
import { commandsOf, type NamedCommand } from '../../../packages/cli/src/command-tree.ts'
import { keys } from '../../../packages/cli/src/configuration-keys.ts'
import { examples } from '../../../packages/cli/src/examples.ts'

export const referenceFile = fileURLToPath(new URL('../../../packages/cli/REFERENCE.md', import.meta.url))

/** REFERENCE.md: every command as it declares itself. */
export function referencePage(program: Command): string {
  const [top, ...commands] = commandsOf(program) as [NamedCommand, ...NamedCommand[]]
  const leaves = commands.filter(({ command }) => command.commands.length === 0)
  return `# The commands of post-rate

Made from the commands themselves by \`npm run reference\`. \`post-rate COMMAND --help\` shows the same.

| command | what it does |
|---|---|
${leaves.map(({ path, command }) => `| [${path}](#post-rate-${path.replaceAll(' ', '-')}) | ${cell(command.description())} |`).join('\n')}

## Options of all commands

${optionTable(top.command)}

Flags come before the environment, which comes before \`post-rate.config.json\` or \`.js\`:

| variable | in the file | flag |
|---|---|---|
${keys.map(({ variable, name, flag }) => `| \`${variable}\` | \`${name}\` | ${flag === undefined ? '' : `\`--${flag}\``} |`).join('\n')}

Exit codes: 0 done, 1 failed, 2 usage, 3 configuration, 4 a dependency cannot be reached, 5 drift found, 6 schema mismatch,
130 interrupted.
${leaves.map(section).join('')}`
}

function section({ path, command }: NamedCommand): string {
  const { registeredArguments: operands } = command
  const tables = [operands.length > 0 ? operandTable(operands) : '', optionTable(command)]
  return `
## post-rate ${path}

${sentence(command.description())}

\`\`\`sh
${(examples[path] ?? []).join('\n')}
\`\`\`

${tables.filter((table) => table !== '').join('\n\n')}
`
}

function operandTable(operands: readonly Argument[]): string {
  const rows = operands.map((operand) => {
    const { required, variadic, argChoices, description } = operand
    const text = `${operand.name()}${variadic ? '…' : ''}`
    return `| \`${required ? text : `[${text}]`}\` | ${cell(`${description}${choicesOf(argChoices)}`)} |`
  })
  return `| operand | |\n|---|---|\n${rows.join('\n')}`
}

function optionTable(command: Command): string {
  const rows = command
    .createHelp()
    .visibleOptions(command)
    .map((option) => `| \`${option.flags}\` | ${cell(describe(option))} |`)
  return `| option | |\n|---|---|\n${rows.join('\n')}`
}

function describe({ description, mandatory, argChoices, defaultValue }: Option): string {
  const usual = typeof defaultValue === 'string' || typeof defaultValue === 'number' ? `; default ${defaultValue}` : ''
  return `${description}${choicesOf(argChoices)}${usual}${mandatory ? '; required' : ''}`
}

function choicesOf(choices: readonly string[] | undefined): string {
  return choices === undefined ? '' : `: ${choices.join(', ')}`
}

function sentence(text: string): string {
  return `${text.charAt(0).toUpperCase()}${text.slice(1)}.`
}

/** No pipe ends a cell, and nothing in angle brackets is taken for HTML. */
function cell(text: string): string {
  return text.replaceAll('|', '\\|').replaceAll('<', '&lt;')
}
