import test from 'ava'
import { startHost } from '../http-host.ts'

const javascript = /^(text|application)\/javascript; charset=utf-8$/i

export function starsSuite(): void {
  test('GET /stars.js: a module that everybody may keep for five minutes, whoever asks', async (t) => {
    const { send, postRate, errors } = await startHost(t)
    const { status, text, headers } = await send('GET', '/stars.js', { user: 'ada', headers: { cookie: 'a=b' } })
    t.is(status, 200)
    t.regex(headers['content-type'] ?? '', javascript)
    t.is(headers['cache-control'], 'public, max-age=300')
    t.is(headers['x-content-type-options'], 'nosniff')
    t.is(headers.vary, undefined)
    t.regex(text, /customElements\.define\('post-rate-stars'/)
    const again = await send('GET', '/stars.js', { headers: { 'if-none-match': String(headers.etag) } })
    t.is(again.status, 304)
    const head = await send('HEAD', '/stars.js')
    t.deepEqual([head.status, head.text, head.headers.etag], [200, '', headers.etag])
    t.deepEqual([postRate.calls, errors], [[], []])
  })

  test('GET /stars.js and /history.js: what they import is served, and imports nothing from elsewhere', async (t) => {
    const { send } = await startHost(t)
    const seen = new Set<string>()
    const visit = async (path: string) => {
      if (seen.has(path)) return
      seen.add(path)
      const { status, text, headers } = await send('GET', path)
      t.is(status, 200, path)
      t.regex(headers['content-type'] ?? '', javascript)
      for (const [, name = ''] of text.matchAll(/^import .* from '(.*)'$/gm)) {
        t.regex(name, /^\.\.?\//)
        await visit(new URL(name, `http://host${path}`).pathname)
      }
    }
    await visit('/stars.js')
    t.is(seen.size, 7)
    await visit('/history.js')
    t.is(seen.size, 14)
  })

  test('beside its files nothing of the package is served', async (t) => {
    const { send } = await startHost(t)
    for (const path of [
      '/stars',
      '/stars/',
      '/stars/none.js',
      '/history',
      '/history/none.js',
      '/history/../package.json',
      '/stars/../package.json',
      '/stars/%2e%2e/%2e%2e/package.json',
      '/stars/%zz',
      '/stars.jsx',
    ]) {
      const reply = await send('GET', path)
      t.is(reply.status, 404, path)
      t.is(reply.json.host, 'fell through', path)
    }
  })
}
