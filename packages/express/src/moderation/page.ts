import { escapeHtml } from '../docs-text.ts'

/** Content-Security-Policy of the page: its own files, and requests to its own host. */
export const consolePolicy = [
  "default-src 'none'",
  "script-src 'self'",
  "style-src 'self'",
  "connect-src 'self'",
  'img-src data:',
  "base-uri 'none'",
  "form-action 'none'",
  "frame-ancestors 'none'",
].join('; ')

/** The console, as far as it is the same for all data: the script fills it in. Its links start with `root`. */
export function consolePage(moderator: string, root: string): string {
  const base = escapeHtml(root)
  return `<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<meta name="color-scheme" content="light dark">
<title>Moderation</title>
<link rel="icon" href="data:,">
<link rel="stylesheet" href="${base}/moderation/style.css">
<script type="module" src="${base}/moderation.js"></script>
</head>
<body>
<header>
<div>
<h1>Moderation</h1>
<p class="soft">Your decisions are noted under the name <strong>${escapeHtml(moderator)}</strong>.</p>
</div>
<form id="search" role="search">
<label>Post id <input name="post" inputmode="numeric" autocomplete="off" required></label>
<button>Show post</button>
</form>
</header>
<nav aria-label="Sections"><ul>
<li><a href="#open">Open incidents</a></li>
<li><a href="#decided">Earlier incidents</a></li>
<li><a href="#exclusions">Excluded periods</a></li>
<li><a href="#users">Excluded users</a></li>
<li><a href="#audit">Audit trail</a></li>
</ul></nav>
<main>
<noscript><p>This page needs JavaScript. Without it, use <code>post-rate incidents</code> on the command line.</p></noscript>
<p id="message" role="status"></p>
<section id="found" aria-labelledby="found-title" hidden><h2 id="found-title" tabindex="-1">Post</h2><div></div></section>
<section id="open" aria-labelledby="open-title"><h2 id="open-title">Open incidents</h2><div></div></section>
<section id="decided" aria-labelledby="decided-title"><h2 id="decided-title">Earlier incidents</h2><div></div></section>
<section id="exclusions" aria-labelledby="exclusions-title"><h2 id="exclusions-title">Excluded periods</h2><div></div></section>
<section id="users" aria-labelledby="users-title"><h2 id="users-title">Excluded users</h2><div></div></section>
<section id="audit" aria-labelledby="audit-title"><h2 id="audit-title">Audit trail</h2><div></div></section>
</main>
</body>
</html>
`
}
