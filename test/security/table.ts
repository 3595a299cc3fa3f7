import type { ExecutionContext } from 'ava'
import type { Result } from './row.ts'

/** Collects results; prints them where `npm run bad-input` asks for it. */
export function tableOf(t: ExecutionContext<unknown>) {
  const results: Result[] = []
  return {
    add: (result: Result) => void results.push(result),
    /** Fails for every result that is not what was expected. */
    judge: () => {
      if (process.env.PRINT_BAD_INPUT) for (const result of results) t.log(lineOf(result))
      for (const { number, input, expected, got } of results) t.is(got, expected, `${number}: ${input}`)
      t.true(results.length > 0)
    },
  }
}

function lineOf({ number, where, stage, input, expected, got }: Result): string {
  const cells = [
    String(number).padStart(2),
    `${where} (${stage})`.padEnd(24),
    clip(input, 62),
    clip(expected, 40),
    clip(got, 40),
  ]
  return `${cells.join(' | ')} | ${got === expected ? 'ok' : 'WRONG'}`
}

/** One line of so many characters, with nothing in it that a terminal obeys. */
function clip(text: string, length: number): string {
  const line = JSON.stringify(text)
    .slice(1, -1)
    .replace(/[^\x20-\x7e]/g, '?')
  return (line.length > length ? `${line.slice(0, length - 3)}...` : line).padEnd(length)
}
