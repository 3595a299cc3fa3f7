import test from 'ava'
import { stringify } from 'csv-stringify/sync'
import fc from 'fast-check'
import { bytewise, read, usersOf } from './read-ratings.ts'

const header = 'post,user,score,ratedAt\n'

test('CSV: columns by their header in any order, further ones ignored, CRLF, byte order mark, blank lines', async (t) => {
  const { ratings, rejected } = await read(
    '\ufeffuser,score,note,post,ratedAt\r\n\r\nada,4,x,1,2020-01-01\r\n"b,o",0,,2,5',
  )
  t.deepEqual(rejected, [])
  t.deepEqual(ratings, [
    { record: 1, line: 3, post: '1', user: 'ada', score: '4', ratedAt: '2020-01-01', excluded: undefined },
    { record: 2, line: 4, post: '2', user: 'b,o', score: '0', ratedAt: '5', excluded: undefined },
  ])
})

test('CSV: a quoted line break stays in its field, and records keep record and line numbers', async (t) => {
  for (const end of ['\n', '\r\n']) {
    const csv = [
      'post,user,score,ratedAt,comment',
      '901,ada,4,5,"Lovely bread.',
      '902,victim,0,5,I pasted a table',
      'bye"',
      '903,bob,5,5,"one ""line"", with comma"',
      '904,cy,9',
      '"905',
      '",di,4,5,"',
      '906,victim,0,5,x',
      '"',
      '907,ed,1,5,',
      '',
    ].join(end)
    for (const content of [[Buffer.from(csv)], bytewise(csv)]) {
      const file = await read(content)
      t.deepEqual(usersOf(file), ['ada@1:2', 'bob@2:5', 'di@4:7', 'ed@5:11'])
      t.deepEqual(file.places, [[3, 6]])
    }
  }
})

test('CSV: no text of a quoted column ever becomes a record', async (t) => {
  const piece = fc.constantFrom(
    '"',
    '\n',
    '\r',
    '\r\n',
    ',',
    ';',
    '\t',
    '\\',
    'x',
    '\n7,victim,0,5,y\n',
    '\r7,victim,0,5,y\r',
  )
  const texts = fc.array(
    fc.array(piece, { maxLength: 8 }).map((parts) => parts.join('')),
    { minLength: 1, maxLength: 6 },
  )
  await fc.assert(
    fc.asyncProperty(texts, fc.constantFrom('\n', '\r\n', '\r'), fc.boolean(), async (comments, end, first) => {
      const rows = comments.map((comment, n) => {
        const rating = ['1', `u${n}`, '3', '5']
        return first ? [comment, ...rating] : [...rating, comment]
      })
      const names = ['post', 'user', 'score', 'ratedAt']
      const csv = stringify([first ? ['comment', ...names] : [...names, 'comment'], ...rows], {
        record_delimiter: end,
        quoted_string: true,
      })
      const file = await read(csv)
      t.deepEqual(file.rejected, [])
      t.deepEqual(
        file.ratings.map(({ record, user }) => `${record} ${user}`),
        rows.map((_, n) => `${n + 1} u${n}`),
      )
      for (const { line, user } of file.ratings)
        t.true(
          (csv.split(end === '\r' ? '\r' : '\n')[(line as number) - 1] as string).includes(first ? '"' : `"${user}"`),
        )
    }),
    { numRuns: 300 },
  )
})

test('CSV: a wrong quote rejects its record once, and what follows is read again', async (t) => {
  const csv = `${header}1,"a"x"y",4,5\n2,b,4,5\n3,"He said "hi" to\n7,victim,0,5\nbye",4,5\n4,c,4,5\n"5"x,d,4,5\n6,"e",4,5\n`
  const file = await read(csv)
  // The first record goes on to the next quote that can be a closing one: what was a text is never taken for a record.
  t.deepEqual(
    file.rejected.map(({ message }) => message),
    ['quotes do not match', 'quotes do not match', 'quotes do not match'],
  )
  t.false(usersOf(file).join().includes('victim'))
  t.deepEqual(usersOf(file), ['b@2:3', 'c@4:7'])
  t.deepEqual(file.places, [
    [1, 2],
    [3, 4],
    [5, 8],
  ])
})

test('CSV: a quote that is not closed says that everything behind it is lost', async (t) => {
  const file = await read(`${header}1,a,4,5\n2,"b,4,5\n7,victim,0,5\n`)
  t.deepEqual(usersOf(file), ['a@1:2'])
  t.deepEqual(file.places, [[2, 3]])
  t.regex(file.rejected[0]?.message as string, /not closed: everything behind it/)
})

test('CSV: a quote that is not closed in a large file ends the import with the place, in bounded memory', async (t) => {
  const rows = Buffer.from('7,victim,0,5\n'.repeat(80_000))
  const content = [Buffer.from(`${header}1,a,4,5\n2,"b,4,5\n`), ...Array.from({ length: 20 }, () => rows)]
  await t.throwsAsync(read(content), { message: /^Record 2, which begins in line 3, is larger than 16 MiB/ })
})

test('CSV: a line with another number of fields than the header is reported', async (t) => {
  const file = await read(`${header}1,ada\n1,ada,4,5,6\n1,ada,4,5\n`)
  t.deepEqual(file.places, [
    [1, 2],
    [2, 3],
  ])
  t.is(file.ratings.length, 1)
})

test('CSV: a field that is not UTF-8 is reported where it is needed: two users must not become one', async (t) => {
  const latin = Buffer.from(
    'post,user,score,ratedAt,comment\n1,bad\xff,3,5,x\n1,good,3,5,\xe9t\xe9\n1,fine,3,5,x\n',
    'latin1',
  )
  const file = await read(latin)
  t.deepEqual(usersOf(file), ['good@2:3', 'fine@3:4'])
  t.deepEqual(file.rejected, [{ record: 1, line: 2, message: 'user: is not UTF-8' }])
})

test('CSV: lines that end in CR alone, and a CR in a text of any other file', async (t) => {
  const file = await read(`${header}1,ada,4,5\n1,bo,3,5\n`.replaceAll('\n', '\r'))
  t.deepEqual(usersOf(file), ['ada@1:2', 'bo@2:3'])
  t.deepEqual(file.found, ['CSV, CR at the end of each line'])
  // Some writers do not quote a CR.
  const text = await read('post,user,score,ratedAt,comment\n1,ada,4,5,nice\r7,victim,0,5,x\n1,bo,3,5,\n')
  t.deepEqual(usersOf(text), ['bo@2:3'])
  t.deepEqual(text.places, [[1, 2]])
  const mixed = await read(`post,user,score,ratedAt\r\n1,ada,4,5\n1,bo,3,5\r\n`)
  t.deepEqual(usersOf(mixed), ['ada@1:2', 'bo@2:3'])
})

for (const [delimiter, name] of [
  [';', 'separated by ";"'],
  ['\t', 'separated by tabs'],
  ['|', 'separated by "|"'],
] as const)
  test(`CSV: ${name} is detected and said`, async (t) => {
    const file = await read(`post,user,score,ratedAt\n1,ada,4,5\n`.replaceAll(',', delimiter))
    t.deepEqual(usersOf(file), ['ada@1:2'])
    t.deepEqual(file.found, [`CSV, ${name}`])
  })

test('CSV: any other delimiter is given', async (t) => {
  const csv = 'post:user:score:ratedAt\n1:ada:4:5\n'
  await t.throwsAsync(read(csv), { message: /Line 1 must be a header.*--delimiter/s })
  t.deepEqual(usersOf(await read(csv, { delimiter: ':' })), ['ada@1:2'])
})

test('CSV: columns in upper case, with separators, and of other systems are found and said', async (t) => {
  for (const names of [
    'Post,User,Score,RatedAt',
    'POST_ID,USER_ID,RATING,TIMESTAMP',
    'movieId,userId,rating,timestamp',
    'Item ID,Reviewer,Stars,Created At',
  ]) {
    const file = await read(`${names}\n1,ada,4,5\n`)
    t.like(file.ratings[0], { post: '1', user: 'ada', score: '4', ratedAt: '5' }, names)
    t.true(file.found[0]?.endsWith(`${names.split(',')[3]} as ratedAt`), file.found[0])
  }
})

test('CSV: a column that two may be is asked for, and --columns answers', async (t) => {
  const csv = 'item,product,user,score,ratedAt\n1,2,ada,4,5\n'
  await t.throwsAsync(read(csv), { message: /item and product may both be the post.*--columns post=item/ })
  t.like((await read(csv, { columns: { post: 'product' } })).ratings[0], { post: '2' })
  await t.throwsAsync(read(csv, { columns: { post: 'thing' } }), { message: /no column thing for post.*item, product/ })
  // The exact name wins.
  t.like((await read('post,user,rating,score,ratedAt,time\n1,ada,9,4,5,6\n')).ratings[0], { score: '4', ratedAt: '5' })
  await t.throwsAsync(read('post,user,user,score,ratedAt\n'), { message: /Two columns are named user/ })
})

test('CSV: without a header nothing is read', async (t) => {
  const missing = /Line 1 must be a header.*post and user and score and ratedAt/
  await t.throwsAsync(read('1,ada,4,5\n'), { message: missing })
  await t.throwsAsync(read('x'.repeat(2 ** 20)), { message: missing })
})

test('CSV: excluded as a column, and as PostgreSQL copies the table of ratings', async (t) => {
  const own = await read('post,user,score,ratedAt,excluded\n1,a,4,5,true\n1,b,4,5,\n')
  t.deepEqual(
    own.ratings.map(({ excluded }) => excluded),
    ['true', ''],
  )
  const at = '2024-01-02 03:04:05+00'
  const copy = await read(
    `post_id,user_id,score,previous_score,rated_at,excluded_rated_at\n1,a,4,,${at},${at}\n1,b,4,,${at},\n1,c,4,,${at},2020-01-01 00:00:00+00\n`,
  )
  t.deepEqual(
    copy.ratings.map(({ excluded }) => excluded),
    [true, false, false],
  )
})

test('CSV: scores with spaces and a decimal comma; --range converts another scale and rounds halves up', async (t) => {
  const scores = async (values: string[], range?: { low: number; high: number }) => {
    const csv = `post;user;score;ratedAt\n${values.map((value) => `1;a;${value};5\n`).join('')}`
    const file = await read(csv, range ? { range } : {})
    return [file.ratings.map(({ score }) => score), file.rejected.map(({ message }) => message)]
  }
  t.deepEqual(await scores([' 4 ', '4,0', '4,5', '4/5']), [['4', '4.0', '4.5', '4/5'], []])
  t.deepEqual(await scores(['0.5', '1', '2,5', '3', '4.5', '5'], { low: 0.5, high: 5 }), [[0, 1, 2, 3, 4, 5], []])
  t.deepEqual(await scores(['1', '2', '3', '4', '5'], { low: 1, high: 5 }), [[0, 1, 3, 4, 5], []])
  t.deepEqual(await scores(['0', '1', '50', '90', '100'], { low: 0, high: 100 }), [[0, 0, 3, 5, 5], []])
  t.deepEqual(await scores(['-1', '0', '1'], { low: -1, high: 1 }), [[0, 3, 5], []])
  const [kept, rejected] = await scores(['0', '6', 'x', ''], { low: 0.5, high: 5 })
  t.deepEqual(kept, [])
  t.deepEqual(
    rejected,
    Array.from({ length: 4 }, () => 'score: must be a number from 0.5 to 5, as --range says'),
  )
  t.like((await read(`${header}1,a,2.5,5\n1,a,4,5\n`)).scores, { lowest: 2.5, highest: 4, foreign: 1 })
})
