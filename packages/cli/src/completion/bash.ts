import { operandCases, valueCases } from './cases.ts'
import { flagsWithValue, type Place, type Values } from './places.ts'
import { quoted } from './quoted.ts'

export function bashScript(places: readonly Place[]): string {
  const commands = places.filter(({ path }) => path !== '').map(({ path }) => quoted(path))
  return `# bash completion of post-rate: source <(post-rate completion bash)
_post_rate() {
  local current=\${COMP_WORDS[COMP_CWORD]} previous=\${COMP_WORDS[COMP_CWORD - 1]} at='' operands=0 word i
  for ((i = 1; i < COMP_CWORD; i++)); do
    word=\${COMP_WORDS[i]}
    case $word in
      ${flagsWithValue(places).join(' | ')}) ((i++)); continue ;;
      -*) continue ;;
    esac
    word="\${at:+$at }$word"
    case $word in
      ${commands.join(' | ')}) at=$word ;;
      *) ((operands++)) ;;
    esac
  done
  COMPREPLY=()
  case "$at $previous" in
${valueCases(places, { line, offer })}
  esac
  [[ $current == -* ]] || case "$at $operands" in
${operandCases(places, { line, offer })}
  esac
  case $at in
${places.map(({ path, words }) => line([quoted(path)], offer(words.map(({ text }) => text)))).join('\n')}
  esac
}
complete -F _post_rate post-rate
`
}

function line(patterns: readonly string[], work: string): string {
  return `    ${patterns.join(' | ')}) ${work}; return ;;`
}

function offer(values: Values): string {
  if (values === 'text') return ':'
  if (values === 'file') return 'compopt -o default'
  return `COMPREPLY=($(compgen -W ${quoted(values.join(' '))} -- "$current"))`
}
