import { gzipSync } from 'node:zlib'
import test from 'ava'
import { bytewise, read, usersOf } from './read-ratings.ts'

test('NDJSON: one object a line, bad lines reported with their number', async (t) => {
  const file = await read(
    '{"post":1,"user":"ada","score":4,"ratedAt":5}\n\nnull\n{\n{"post":2,"user":"bo","score":1.5,"ratedAt":"x","excluded":true}',
  )
  t.deepEqual(file.places, [
    [2, 3],
    [3, 4],
  ])
  t.deepEqual(file.ratings, [
    { record: 1, line: 1, post: 1, user: 'ada', score: 4, ratedAt: 5, excluded: undefined },
    { record: 4, line: 5, post: 2, user: 'bo', score: 1.5, ratedAt: 'x', excluded: true },
  ])
})

test('NDJSON: lines that end in CRLF or CR', async (t) => {
  for (const end of ['\r\n', '\r']) {
    const text = `{"user":"a"}${end}${end}{"user":"b"}${end}`
    for (const content of [[Buffer.from(text)], bytewise(text)])
      t.deepEqual(usersOf(await read(content)), ['a@1:1', 'b@2:3'])
  }
})

test('NDJSON: a line too long to be kept, and one that is not UTF-8, are reported', async (t) => {
  const long = await read(`{"user":"${'x'.repeat(100_000)}"}\n{"user":"a"}\n`)
  t.deepEqual(long.rejected, [{ record: 1, line: 1, message: 'too long, or not UTF-8' }])
  t.deepEqual(usersOf(long), ['a@2:2'])
  t.deepEqual((await read(Buffer.from('{"user":"\xff"}\n', 'latin1'))).places, [[1, 1]])
})

test('a JSON array: elements over several lines, bad ones by number, names of other systems, numbers as users', async (t) => {
  const text = `\ufeff[
  {"movieId": 1, "userId": 7, "rating": 4, "timestamp": 5},
  {
    "post": 2, "user": "b]}\\"{[", "score": 3, "ratedAt": 6, "more": {"a": [1, 2]}
  },
  {"post": 3,}, 4,
  {"post": 4, "user": "c", "score": 1, "ratedAt": 7}
]
`
  for (const content of [[Buffer.from(text)], bytewise(text)]) {
    const file = await read(content)
    t.deepEqual(usersOf(file), ['7@1:2', 'b]}"{[@2:3', 'c@5:7'])
    t.like(file.ratings[0], { post: 1, score: 4, ratedAt: 5 })
    t.deepEqual(file.places, [
      [3, 6],
      [4, 6],
    ])
    t.deepEqual(file.found, [
      'a JSON array',
      'keys: movieId as post, userId as user, rating as score, timestamp as ratedAt',
    ])
  }
  t.deepEqual(await read('[]').then(usersOf), [])
})

test('a JSON array that is cut short, goes on behind its end, or never closes an element says so', async (t) => {
  const cut = await read('[{"user":"a"},\n{"user":"b"')
  t.deepEqual(usersOf(cut), ['a@1:1'])
  t.deepEqual(cut.rejected, [{ record: 2, line: 2, message: 'the JSON array ends in the middle of this record' }])
  t.deepEqual((await read('[{"user":"a"}')).places, [[1, 1]])
  await t.throwsAsync(read('[{"user":"a"}]\n[]'), { message: /follows the JSON array, in line 2/ })
  await t.throwsAsync(read(`[{"user":"${'x'.repeat(2 ** 21)}`), { message: /Record 1, .* longer than 1 MiB/ })
})

test('--columns names the keys of JSON objects, too', async (t) => {
  const file = await read('{"thing":1,"user":"a"}\n{"user":"b"}\n', { columns: { post: 'thing' } })
  t.deepEqual(
    file.ratings.map(({ post }) => post),
    [1, undefined],
  )
})

test('UTF-16 with and without a byte order mark, and gzip, are detected and said', async (t) => {
  const csv = 'post,user,score,ratedAt\n1,żółw😀,4,5\n'
  const little = Buffer.from(csv, 'utf16le')
  const forms: [Buffer, string[]][] = [
    [Buffer.from(csv), []],
    [Buffer.concat([Buffer.from([0xff, 0xfe]), little]), ['UTF-16LE']],
    [little, ['UTF-16LE']],
    [Buffer.from(little).swap16(), ['UTF-16BE']],
    [Buffer.concat([Buffer.from([0xfe, 0xff]), Buffer.from(little).swap16()]), ['UTF-16BE']],
    [gzipSync(csv), ['gzip']],
    [gzipSync(little), ['gzip, UTF-16LE']],
  ]
  for (const [bytes, found] of forms)
    for (const content of [[bytes], bytewise(bytes)]) {
      const file = await read(content)
      t.deepEqual(usersOf(file), ['żółw😀@1:2'])
      t.deepEqual(file.found, found)
    }
})

test('what cannot be read is named', async (t) => {
  const bad: [Buffer, RegExp][] = [
    [Buffer.from(''), /^The input is empty\.$/],
    [Buffer.from(' \n\n'), /^The input is empty\.$/],
    [Buffer.from('\ufeff'), /^The input is empty\.$/],
    [gzipSync(''), /^The input is empty\.$/],
    [Buffer.from('PK\x03\x04'), /ZIP archive or a spreadsheet/],
    [Buffer.from([0x28, 0xb5, 0x2f, 0xfd]), /zstdcat/],
    [Buffer.from([0xff, 0xfe, 0, 0]), /UTF-32/],
    [Buffer.from([0xff, 0xfe, 0x61, 0, 0, 0xdc]), /not valid UTF-16LE/],
    [gzipSync('post,user,score,ratedAt\n'.repeat(100)).subarray(0, 30), /cannot be unpacked/],
  ]
  for (const [bytes, message] of bad) await t.throwsAsync(read([bytes]), { message }, String(message))
})
