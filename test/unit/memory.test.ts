import { createRouter } from '@post-rate/express'
import test from 'ava'
import express from 'express'
import { createMemoryPostRate } from 'post-rate/memory'
import { cleanUp } from '../helpers/clean-up.ts'
import { eventually } from '../helpers/eventually.ts'
import { listen } from '../http/http-host.ts'

test('a host tests its app without a server: rated over HTTP, counted, withdrawn, shown live', async (t) => {
  const postRate = createMemoryPostRate({ display: { display: 'live' } })
  cleanUp(t, () => postRate.close())
  await postRate.migrate()
  await postRate.start({ relay: true })
  const { id } = await postRate.posts.create({ title: 'Bread', content: 'Flour.', createdBy: 'ada' })
  const app = express().use('/api', createRouter({ postRate, getUser: (req) => req.get('x-user') }))
  const rating = `http://127.0.0.1:${await listen(t, app)}/api/posts/${id}/rating`
  const rate = (user: string, score: number) =>
    fetch(rating, {
      method: 'PUT',
      headers: { 'Content-Type': 'application/json', 'X-User': user },
      body: JSON.stringify({ score }),
    })
  const shown = async () => (await postRate.posts.get(id)).stats

  t.is((await rate('ben', 4)).status, 200)
  t.is((await rate('cleo', 1)).status, 200)
  t.is((await rate('cleo', 6)).status, 400)
  await eventually(async () => (await shown()).average === 2.5)
  t.is((await fetch(rating, { method: 'DELETE', headers: { 'X-User': 'cleo' } })).status, 204)
  await eventually(async () => (await shown()).average === 4)
  t.is((await postRate.posts.list({ sort: 'top', userId: 'ben' })).items[0]?.myScore, 4)
})

test('each is a record of its own, with the settings of a deployment unless others are given', async (t) => {
  const [one, other] = [createMemoryPostRate(), createMemoryPostRate({ display: { windowSeconds: 10 } })]
  await one.posts.create({ title: 'Bread', content: 'Flour.', createdBy: 'ada' })
  t.is((await other.posts.list()).items.length, 0)
  t.like(await one.settings.get(), { display: 'guard', windowSeconds: 300 })
  t.is((await other.settings.get()).windowSeconds, 10)
  for (const postRate of [one, other]) await postRate.close()
})

test('the newest ratings of a post, and what is no post and no limit', async (t) => {
  const postRate = createMemoryPostRate()
  cleanUp(t, () => postRate.close())
  const { id: postId } = await postRate.posts.create({ title: 'Bread', content: 'Flour.', createdBy: 'ada' })
  t.deepEqual(await postRate.ratings.latest(postId), [])
  for (let n = 1; n <= 21; n++) await postRate.ratings.rate({ postId, userId: `u${n}`, score: n % 6 })
  t.is((await postRate.ratings.latest(postId))?.length, 20)
  t.is((await postRate.ratings.latest(postId, { limit: 100 }))?.length, 21)
  await postRate.posts.delete(postId)
  t.deepEqual(await postRate.ratings.latest(postId), [])
  for (const limit of [0, 101, 1.5, '5', null])
    await t.throwsAsync(postRate.ratings.latest(postId, { limit: limit as number }), {
      code: 'INVALID_INPUT',
      message: /limit/,
    })
  for (const id of [0, '1', undefined])
    await t.throwsAsync(postRate.ratings.latest(id as number), { code: 'INVALID_INPUT', message: /postId/ })
})
