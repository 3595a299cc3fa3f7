import { operandCases, valueCases } from './cases.ts'
import { flagsWithValue, type Place, type Values, type Word } from './places.ts'
import { quoted } from './quoted.ts'

export function zshScript(places: readonly Place[]): string {
  const commands = places.filter(({ path }) => path !== '').map(({ path }) => quoted(path))
  return `#compdef post-rate
# zsh completion of post-rate: source <(post-rate completion zsh), or as _post-rate in a directory of $fpath
_post-rate() {
  local current=$words[CURRENT] previous=$words[CURRENT-1] at='' word
  local -i operands=0 i
  local -a offered
  for ((i = 2; i < CURRENT; i++)); do
    word=$words[i]
    case $word in
      (${flagsWithValue(places).join('|')}) ((i++)); continue ;;
      (-*) continue ;;
    esac
    word="\${at:+$at }$word"
    case $word in
      (${commands.join('|')}) at=$word ;;
      (*) ((operands++)) ;;
    esac
  done
  case "$at $previous" in
${valueCases(places, { line, offer })}
  esac
  [[ $current == -* ]] || case "$at $operands" in
${operandCases(places, { line, offer })}
  esac
  case $at in
${places.map(({ path, words }) => line([quoted(path)], `offered=(${words.map(described).join(' ')}); _describe -V post-rate offered`)).join('\n')}
  esac
}
if [[ $funcstack[1] == _post-rate ]]; then _post-rate "$@"; else compdef _post-rate post-rate; fi
`
}

function line(patterns: readonly string[], work: string): string {
  return `    (${patterns.join('|')}) ${work}; return ;;`
}

function offer(values: Values): string {
  if (values === 'text') return ':'
  return values === 'file' ? '_files' : `compadd -- ${values.map(quoted).join(' ')}`
}

function described({ text, description }: Word): string {
  return quoted(`${text}:${description}`)
}
