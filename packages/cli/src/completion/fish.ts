import { flagsWithValue, operandAt, type Place, type Values } from './places.ts'
import { quotedForFish } from './quoted.ts'

export function fishScript(places: readonly Place[]): string {
  const commands = places.filter(({ path }) => path !== '').map(({ path }) => quotedForFish(path))
  return `# fish completion of post-rate: post-rate completion fish | source
# Whether the command line stands behind this command, and there at this operand where one is named.
function __post_rate_at
    set -l at ''
    set -l operands 0
    set -l value no
    for word in (commandline --tokenize --current-process --cut-at-cursor)[2..]
        if test $value = yes
            set value no
            continue
        end
        switch $word
            case ${flagsWithValue(places).join(' ')}
                set value yes
                continue
            case '-*'
                continue
        end
        set word (string trim -- "$at $word")
        if contains -- $word ${commands.join(' ')}
            set at $word
        else
            set operands (math $operands + 1)
        end
    end
    test "$at" = "$argv[1]"; and begin
        not set -q argv[2]; or test $operands -eq $argv[2]
    end
end
complete --command post-rate --no-files
${places.flatMap(linesOf).join('\n')}
`
}

function linesOf(place: Place): string[] {
  const at = (n?: number) =>
    quotedForFish(`__post_rate_at ${quotedForFish(place.path)}${n === undefined ? '' : ` ${n}`}`)
  const complete = (condition: string, rest: string) => `complete --command post-rate --condition ${condition} ${rest}`
  const words = place.words.map(({ text, description }) => {
    const said = `--description ${quotedForFish(description)}`
    if (!text.startsWith('--')) return complete(at(0), `--arguments ${quotedForFish(text)} ${said}`)
    const values = place.values.find(({ flags }) => flags.includes(text))?.values
    return complete(
      at(),
      `--long-option ${text.slice(2)} ${said}${values === undefined ? '' : ` ${offer(values, true)}`}`,
    )
  })
  const operands = place.operands.map((_, n) => ({ n, values: operandAt(place, n) }))
  return [
    ...words,
    ...operands
      .filter(({ values }) => values !== 'text')
      .map(({ n, values }) =>
        complete(place.variadic && n === place.operands.length - 1 ? at() : at(n), offer(values, false)),
      ),
  ]
}

function offer(values: Values, required: boolean): string {
  const files = values === 'file' ? '--force-files' : '--no-files'
  const which = Array.isArray(values) ? ` --arguments ${quotedForFish(values.join(' '))}` : ''
  return `${required ? '--require-parameter ' : ''}${files}${which}`
}
