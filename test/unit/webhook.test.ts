import test from 'ava'
import type { Incident } from 'post-rate'
import { HttpWebhook } from '../../packages/post-rate/src/adapters/webhook/http-webhook.ts'
import { receiveWebhooks, serve, webhookSecret } from '../helpers/webhook-receiver.ts'

const incident: Incident = {
  ...{ id: 3, postId: 17, from: '2026-01-01T00:00:00.000Z', to: null, state: 'open', arrivals: 40 },
  ...{ before: [0, 0, 0, 0, 0, 20], scores: [40, 0, 0, 0, 0, 0], largestGap: 2.5, newRaters: null, quarantined: 0 },
  ...{ decidedBy: null, decidedAt: null, reason: 'größer' },
}
const event = { id: '8a6e0804-2bd0-4672-b79d-d97027f9071a', kind: 'opened', incident } as const

test('an event is posted as it is, signed with its time', async (t) => {
  const { url, received } = await receiveWebhooks(t)
  await new HttpWebhook({ url, secret: webhookSecret }).send(event)
  await new HttpWebhook({ url, secret: 'another secret, of a stranger' }).send(event)
  t.deepEqual(received, [
    { event, genuine: true },
    { event, genuine: false },
  ])
})

test('a redirect is not followed, and any status but 2xx is a failure', async (t) => {
  const { url: elsewhere, received } = await receiveWebhooks(t)
  for (const status of [302, 307, 308, 404, 500]) {
    const url = await serve(t, (_req, res) => res.writeHead(status, { location: elsewhere }).end())
    await t.throwsAsync(new HttpWebhook({ url, secret: webhookSecret }).send(event), {
      message: `the webhook answered with the status ${status}`,
    })
  }
  t.deepEqual(received, [])
})

test('a receiver that stands still or is away fails in time, without its address', async (t) => {
  const url = `${await serve(t, () => {})}token`
  const send = (to: string, signal?: AbortSignal) =>
    new HttpWebhook({ url: to, secret: webhookSecret }, 100).send(event, signal)
  await t.throwsAsync(send(url), { message: 'the webhook did not answer within 0.1 s' })
  await t.throwsAsync(send('http://127.0.0.1:1/token'), { message: /^the webhook cannot be reached(: [A-Z]+)?$/ })
  await t.throwsAsync(send(url, AbortSignal.abort(new Error('stop'))), { message: 'the webhook cannot be reached' })
})

test('an endless answer is not read', async (t) => {
  let written = 0
  const url = await serve(t, (_req, res) => {
    const write = () => {
      written += 65_536
      if (!res.destroyed && res.write('x'.repeat(65_536))) setImmediate(write)
      else res.once('drain', write)
    }
    write()
  })
  await new HttpWebhook({ url, secret: webhookSecret }).send(event)
  t.true(written < 50_000_000, `${written}`)
})
