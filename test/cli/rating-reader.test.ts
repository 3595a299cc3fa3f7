import { Readable } from 'node:stream'
import test from 'ava'
import type { ImportLine, RejectedLine } from 'post-rate'
import { type Format, formatOfName, readRatings } from '../../packages/cli/src/rating-reader.ts'

async function read(text: string | Buffer[], format: Format | null = null) {
  const lines: ImportLine[] = []
  const rejected: RejectedLine[] = []
  const source = Readable.from(typeof text === 'string' ? [Buffer.from(text)] : text)
  for await (const line of readRatings(source, format, (bad) => rejected.push(bad))) lines.push(line)
  return { lines, rejected }
}

test('CSV: columns by their header in any order, further ones ignored, CRLF, byte order mark, blank lines', async (t) => {
  const { lines, rejected } = await read(
    '\ufeffuser,score,note,post,ratedAt\r\n\r\nada,4,x,1,2020-01-01\r\n"b,o",0,,2,5',
  )
  t.deepEqual(rejected, [])
  t.deepEqual(lines, [
    { line: 3, post: '1', user: 'ada', score: '4', ratedAt: '2020-01-01' },
    { line: 4, post: '2', user: 'b,o', score: '0', ratedAt: '5' },
  ])
})

test('CSV: a line with wrong quotes is reported and spoils no other', async (t) => {
  const { lines, rejected } = await read('post,user,score,ratedAt\n1,"a,4,5\n2,"b"x,4,5\n3,"c""d",4,5\n')
  t.deepEqual(
    rejected.map(({ line }) => line),
    [2, 3],
  )
  t.deepEqual(lines, [{ line: 4, post: '3', user: 'c"d', score: '4', ratedAt: '5' }])
})

test('CSV: a line with another number of fields than the header is reported', async (t) => {
  const { lines, rejected } = await read('post,user,score,ratedAt\n1,ada\n1,ada,4,5,6\n1,ada,4,5\n')
  t.deepEqual(
    rejected.map(({ line }) => line),
    [2, 3],
  )
  t.is(lines.length, 1)
})

test('a line that is not UTF-8 is reported: two users must not become one', async (t) => {
  const { lines, rejected } = await read([
    Buffer.from('post,user,score,ratedAt\n1,bad\xff,3,5\n1,good,3,5\n', 'latin1'),
  ])
  t.deepEqual(
    rejected.map(({ line }) => line),
    [2],
  )
  t.is(lines.length, 1)
})

test('CSV: without a header nothing is read', async (t) => {
  await t.throwsAsync(read('1,ada,4,5\n'), { message: /Line 1 must be a header.*post and user and score and ratedAt/ })
})

test('NDJSON: one object a line, bad lines reported with their number', async (t) => {
  const { lines, rejected } = await read(
    '{"post":1,"user":"ada","score":4,"ratedAt":5}\n\nnull\n{\n{"post":2,"user":"bo","score":1.5,"ratedAt":"x"}',
  )
  t.deepEqual(
    rejected.map(({ line }) => line),
    [3, 4],
  )
  t.deepEqual(lines, [
    { line: 1, post: 1, user: 'ada', score: 4, ratedAt: 5 },
    { line: 5, post: 2, user: 'bo', score: 1.5, ratedAt: 'x' },
  ])
})

test('lines and characters may be cut anywhere by the chunks', async (t) => {
  const bytes = Buffer.from('post,user,score,ratedAt\n1,żółw😀,4,5\n2,"b",3,5\n')
  const { lines } = await read([...bytes].map((byte) => Buffer.from([byte])))
  t.deepEqual(
    lines.map(({ user }) => user),
    ['żółw😀', 'b'],
  )
})

test('a line too long to be kept is reported, in both formats', async (t) => {
  const long = 'x'.repeat(100_000)
  t.deepEqual((await read(`post,user,score,ratedAt\n1,${long},4,5\n1,a,4,5\n`)).rejected, [
    { line: 2, message: 'too long, or not UTF-8' },
  ])
  t.deepEqual((await read(`{"user":"${long}"}\n{}\n`)).rejected, [{ line: 1, message: 'too long, or not UTF-8' }])
})

test('the format comes from the name, otherwise from the first byte', async (t) => {
  t.is(formatOfName('a.ndjson'), 'ndjson')
  t.is(formatOfName('a.JSONL'), 'ndjson')
  t.is(formatOfName('a.csv'), 'csv')
  t.is(formatOfName('a'), null)
  t.is((await read('  {"post":1}')).lines.length, 1)
  t.deepEqual(await read('', 'ndjson'), { lines: [], rejected: [] })
})
