import { execFile } from 'node:child_process'
import { promisify } from 'node:util'
import test from 'ava'
import { commandsOf } from '../../packages/cli/src/command-tree.ts'
import { declaredProgram } from './reference/program.ts'
import { runCli } from './run-cli.ts'

const execute = promisify(execFile)

/** What a shell offers behind these words, of which the last one is being typed. */
type Complete = (...words: string[]) => Promise<string[]>

const shells: Record<string, (script: string) => Complete> = {
  bash:
    (script) =>
    async (...words) => {
      const line = `COMP_WORDS=("$@"); COMP_CWORD=$(($# - 1)); compopt() { COMPREPLY=(files); }; _post_rate; printf '%s\\n' "\${COMPREPLY[@]}"`
      return linesOf(await execute('bash', ['-c', `${script}\n${line}`, 'bash', 'post-rate', ...words]))
    },
  zsh:
    (script) =>
    async (...words) => {
      // The functions of the completion system, without a terminal: what they would be told.
      const stubs = `compdef() { :; }; compadd() { print -l -- "\${@:2}"; }; _files() { print files; }; _describe() { print -l -- "\${(@)\${(P)3}%%:*}"; }`
      const line = `words=("$@") CURRENT=$#; _post-rate | { while read -r found; do [[ $found == "$words[-1]"* ]] && print -r -- $found; done; true; }`
      return linesOf(await execute('zsh', ['-fc', `${stubs}\n${script}\n${line}`, 'zsh', 'post-rate', ...words]))
    },
  fish:
    (script) =>
    async (...words) => {
      const line = ['post-rate', ...words]
        .map((word) => (word === '' ? "''" : word))
        .join(' ')
        .replace(/''$/, '')
      const { stdout } = await execute('fish', ['--no-config', '-c', `${script}\ncomplete --do-complete '${line}'`])
      return linesOf({ stdout: stdout.replace(/\t.*$/gm, '') })
    },
}

for (const [shell, load] of Object.entries(shells))
  test(`${shell} completes commands, options, their values and files`, async (t) => {
    const { code, stdout: script } = await runCli(['completion', shell])
    t.is(code, 0)
    if (!(await isInstalled(shell))) return t.log(`${shell} is not installed: its script was not run`)
    const complete = load(script)
    const commands = commandsOf(declaredProgram())
    for (const { path, command } of commands.filter(({ command: { commands } }) => commands.length > 0)) {
      const found = await complete(...path.split(' ').filter((word) => word !== ''), '')
      for (const child of command.commands) t.true(found.includes(child.name()), `${path}: ${found}`)
    }
    t.deepEqual(await complete('post'), ['posts'])
    t.deepEqual(await complete('posts', 'l'), ['list'])
    t.deepEqual(await complete('posts', 'list', '--s'), ['--schema', '--sort'])
    t.deepEqual(await complete('posts', 'list', '--sort', 'n'), ['newest'])
    t.deepEqual(await complete('--topic', 'posts', 'rel'), ['relay'])
    t.deepEqual(await complete('completion', 'f'), ['fish'])
    t.deepEqual(await complete('settings', 'set', 'dis'), ['display'])
    t.false((await complete('settings', 'set', 'display', '')).includes('window'))
    t.true((await complete('stats', 'rebuild', '17', '--')).includes('--dry-run'))
    t.deepEqual(await complete('posts', 'create', '--title', ''), [])
    if (shell !== 'fish') t.deepEqual(await complete('import', ''), ['files'])
    else t.true((await complete('import', '')).length > 0)
  })

test('completion of an unknown shell is a usage mistake', async (t) => {
  const { code, stderr } = await runCli(['completion', 'tcsh'])
  t.is(code, 2)
  t.regex(stderr, /bash, zsh, fish/)
})

function linesOf({ stdout }: { stdout: string }): string[] {
  return stdout
    .split('\n')
    .filter((line) => line !== '')
    .sort()
}

async function isInstalled(shell: string): Promise<boolean> {
  return execute(shell, ['-c', 'true']).then(
    () => true,
    () => false,
  )
}
