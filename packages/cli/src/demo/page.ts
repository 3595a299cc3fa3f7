import { randomBytes } from 'node:crypto'
import type { RequestHandler } from 'express'
import { pageScript } from './page-script.ts'
import { pageStyle } from './page-style.ts'

/** The page of `dev`: everything in one document, which needs no other host. */
export const demoPage: RequestHandler = (_req, res) => {
  const nonce = randomBytes(16).toString('base64')
  res.set({
    'Content-Type': 'text/html; charset=utf-8',
    'Content-Security-Policy': `default-src 'none'; connect-src 'self'; img-src data:; style-src 'nonce-${nonce}'; script-src 'self' 'nonce-${nonce}'; base-uri 'none'; form-action 'none'; frame-ancestors 'none'`,
    'Cache-Control': 'no-store',
    'Referrer-Policy': 'no-referrer',
    'X-Content-Type-Options': 'nosniff',
  })
  res.send(html(nonce))
}

function html(nonce: string): string {
  return `<!doctype html>
<html lang="en">
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<title>post-rate</title>
<link rel="icon" href="data:,">
<style nonce="${nonce}">${pageStyle}</style>
<header>
  <h1>post-rate</h1>
  <label>You are <input id="user" maxlength="40" autocomplete="off" spellcheck="false" placeholder="nobody"></label>
  <label>Order <select id="sort"><option value="newest">newest</option><option value="top">top</option></select></label>
  <a href="api/docs">API reference</a>
  <a href="moderation">Moderation</a>
  <button id="raid" type="button">Start a raid</button>
</header>
<p id="message" role="status"></p>
<p id="note" role="status"></p>
<main id="posts"></main>
<button id="more" hidden>More posts</button>
<script type="module" nonce="${nonce}">${pageScript}</script>
</html>
`
}
