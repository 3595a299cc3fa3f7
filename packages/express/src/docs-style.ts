/** The reference page's look; its hash stands in the page's Content-Security-Policy. */
export const docsStyle = `
:root { color-scheme: light dark; --text: #1d2330; --soft: #5b6475; --line: #dfe3ea; --paper: #fff; --panel: #f6f7f9; --accent: #2f5bd0; }
@media (prefers-color-scheme: dark) {
  :root { --text: #e4e7ee; --soft: #9aa3b5; --line: #313848; --paper: #161a22; --panel: #1e2430; --accent: #8ab0ff; }
}
* { box-sizing: border-box; }
body { margin: 0; background: var(--paper); color: var(--text); font: 16px/1.55 system-ui, sans-serif; }
main, header, nav { max-width: 56rem; margin: 0 auto; padding: 0 1.25rem; }
header { padding-top: 2.5rem; }
h1 { margin: 0; font-size: 2rem; letter-spacing: -0.02em; }
h2 { margin: 3rem 0 1rem; font-size: 1.3rem; }
h3 { margin: 0 0 0.4rem; font-size: 1.05rem; }
h4 { margin: 1.1rem 0 0.3rem; font-size: 0.75rem; letter-spacing: 0.06em; text-transform: uppercase; color: var(--soft); }
p { margin: 0.4rem 0; }
a { color: var(--accent); text-underline-offset: 0.2em; }
nav a:not(:hover, :focus) { text-decoration: none; }
code, pre { font: 0.875em/1.5 ui-monospace, "Cascadia Mono", Menlo, Consolas, monospace; }
pre { margin: 0.3rem 0; padding: 0.75rem 1rem; white-space: pre-wrap; overflow-wrap: anywhere; background: var(--panel); border: 1px solid var(--line); border-radius: 6px; }
nav ul { columns: 2; column-gap: 2rem; margin: 1.25rem 0 0; padding: 0; list-style: none; font-size: 0.93rem; }
nav li { break-inside: avoid; padding: 0.12rem 0; }
article { margin: 0 0 1.25rem; padding: 1.1rem 1.25rem; border: 1px solid var(--line); border-radius: 10px; scroll-margin-top: 1rem; }
article:target, tr:target { outline: 2px solid var(--accent); }
table { width: 100%; border-collapse: collapse; font-size: 0.93rem; }
th, td { padding: 0.35rem 0.9rem 0.35rem 0; border-bottom: 1px solid var(--line); text-align: left; vertical-align: top; overflow-wrap: anywhere; }
th { white-space: nowrap; font-weight: 600; color: var(--soft); }
tr:last-child td { border-bottom: 0; }
td:first-child { white-space: nowrap; }
.method { display: inline-block; min-width: 4.2rem; padding: 0.1rem 0.5rem; border-radius: 5px; font-size: 0.75rem; font-weight: 700; text-align: center; color: #fff; background: #57606f; }
.get { background: #2563a8; } .post { background: #2b7a3f; } .put { background: #96600a; } .delete { background: #b3372f; }
.soft { color: var(--soft); }
footer { max-width: 56rem; margin: 3rem auto; padding: 0 1.25rem; color: var(--soft); font-size: 0.87rem; }
@media (max-width: 40rem) {
  nav ul { columns: 1; }
  table, tbody, tr, td { display: block; }
  tr:not(:last-child) { border-bottom: 1px solid var(--line); }
  tr { padding: 0.5rem 0; }
  tr:has(th) { display: none; }
  td { padding: 0; border: 0; }
  td:first-child code { font-weight: 600; }
}
`
