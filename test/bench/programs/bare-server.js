import express from 'express'
import pg from 'pg'
import { answering, options } from './answering.js'

// What a host could serve at best, and what it would write by hand instead. Express as it comes, users named by a header.

const pool = new pg.Pool({ connectionString: options.database, max: 10 })
let page = ''

const app = express()
const user = (req) => req.get('x-user') ?? null
const ok = (res, text) => res.type('json').send(text)

/** The same bytes as the library's answer. */
app.get('/same-bytes', (_req, res) => ok(res, page))

/** The same bytes, after one query by a primary key. */
app.get('/same-bytes-with-a-query', async (req, res) => {
  await pool.query({
    name: 'own-score',
    text: 'select score from post_rate.ratings where post_id = $1 and user_id = $2',
    values: [1 + Math.floor(Math.random() * options.posts), user(req)],
  })
  ok(res, page)
})

/** Parses a rating and stores nothing. */
app.put('/posts/:id/rating', express.json(), (req, res) => {
  const { score } = req.body
  res.json({
    postId: Number(req.params.id),
    score,
    previousScore: null,
    changed: true,
    ratedAt: new Date().toISOString(),
  })
})

const columns = 'p.id, p.title, p.content, p.created_by as "createdBy", p.created_at as "createdAt"'
const own = 'left join post_rate.ratings own on own.post_id = p.id and own.user_id = $1'
const answerPage = (text, name) => async (req, res) => {
  const { rows } = await pool.query({ name, text, values: [user(req)] })
  res.json({ items: rows, next: null })
}

/** A page whose figures are counters in the posts' own table. */
const counters = `select ${columns}, c.count, c.sum, own.score as "myScore"
from (select * from post_rate.posts order by id desc limit 20) p join plain_posts c on c.id = p.id ${own} order by p.id desc`
app.get('/posts-with-counters', answerPage(counters, 'counters'))

/** A page whose figures are computed when it is read. */
const aggregates = `select ${columns}, a.*, own.score as "myScore"
from (select * from post_rate.posts order by id desc limit 20) p ${own}
cross join lateral (
  select count(*) as count, round(avg(score), 4) as average, array[count(*) filter (where score = 0),
    count(*) filter (where score = 1), count(*) filter (where score = 2), count(*) filter (where score = 3),
    count(*) filter (where score = 4), count(*) filter (where score = 5)] as histogram
  from post_rate.ratings r where r.post_id = p.id) a
order by p.id desc`
app.get('/posts-aggregated', answerPage(aggregates, 'aggregates'))

/** A rating whose counters are kept in its own transaction: exact, since the post's row is locked first. */
app.put('/counted/:id/rating', express.json(), async (req, res) => {
  const values = [Number(req.params.id), user(req)]
  const { score } = req.body
  const client = await pool.connect()
  try {
    await client.query('begin')
    await client.query({ name: 'lock', text: 'select from plain_posts where id = $1 for update', values: [values[0]] })
    const old = await client.query({
      name: 'old',
      text: 'select score from plain_ratings where post_id = $1 and user_id = $2',
      values,
    })
    await client.query({
      name: 'upsert',
      text: `insert into plain_ratings (post_id, user_id, score) values ($1, $2, $3)
on conflict (post_id, user_id) do update set score = excluded.score, rated_at = now()`,
      values: [...values, score],
    })
    const before = old.rows[0]?.score ?? null
    await client.query({
      name: 'count',
      text: 'update plain_posts set count = count + $2, sum = sum + $3 where id = $1',
      values: [values[0], before === null ? 1 : 0, score - (before ?? 0)],
    })
    await client.query('commit')
    res.json({
      postId: values[0],
      score,
      previousScore: before,
      changed: before !== score,
      ratedAt: new Date().toISOString(),
    })
  } catch (error) {
    await client.query('rollback')
    throw error
  } finally {
    client.release()
  }
})

const server = app.listen(0, '127.0.0.1')
await new Promise((resolve) => server.once('listening', resolve))

answering({
  port: () => server.address().port,
  /** What `/same-bytes` answers from now on. */
  serve: ({ text }) => {
    page = text
  },
})
