import { readFile } from 'node:fs/promises'
import { join } from 'node:path'
import test from 'ava'
import { projectDirectory } from '../helpers/services/directories.ts'
import { cliRows } from './cli-rows.ts'
import { elsewhere } from './elsewhere.ts'
import { httpRows } from './http-rows.ts'
import { serveRows } from './serve-rows.ts'
import { storeRows } from './store-rows.ts'
import { topicRows } from './topic-rows.ts'

const rows = [...httpRows, ...serveRows, ...cliRows, ...storeRows, ...topicRows]
const numbers = Array.from({ length: 44 }, (_, n) => n + 1)

test('bad input: every number has rows, or tests elsewhere', (t) => {
  const guarded = new Set([...rows.map(({ number }) => number), ...Object.keys(elsewhere).map(Number)])
  t.deepEqual(
    numbers.filter((number) => !guarded.has(number)),
    [],
  )
  for (const number of guarded) t.true(numbers.includes(number), String(number))
})

test('bad input: the tests elsewhere are there', async (t) => {
  for (const [number, guards] of Object.entries(elsewhere))
    for (const { file, title } of guards) {
      const text = await readFile(join(projectDirectory, file), 'utf8')
      t.true(text.includes(title), `${number}: ${file} has no ${title}`)
      if (process.env.PRINT_BAD_INPUT) t.log(`${number.padStart(2)} | also: ${file}: ${title}`)
    }
})
