export const pageStyle = `
:root { color-scheme: light dark; --line: color-mix(in srgb, currentColor 18%, transparent); --star: #d99a00 }
body { font: 16px/1.5 system-ui, sans-serif; max-width: 46rem; margin: 0 auto; padding: 1rem }
header { display: flex; flex-wrap: wrap; gap: .5rem 1.25rem; align-items: baseline }
h1 { font-size: 1.4rem; margin: 0 auto 0 0 }
input, select, button { font: inherit }
input { width: 8rem }
#message { min-height: 1.5em; margin: .5rem 0; color: #b3261e }
article { border-top: 1px solid var(--line); padding: .9rem 0 }
h2 { font-size: 1.05rem; margin: 0 }
article p { margin: .25rem 0 .5rem }
.by, .shown { opacity: .75; font-size: .9rem }
.row { display: flex; flex-wrap: wrap; gap: .4rem 1rem; align-items: center }
.scores { display: flex; border: 0; margin: 0; padding: 0 }
.scores button { border: 0; background: none; padding: .1rem .25rem; font-size: 1.35rem; line-height: 1; cursor: pointer; color: inherit; opacity: .45; min-width: 1.9rem }
.scores button.on { color: var(--star); opacity: 1 }
.scores button:focus-visible { outline: 2px solid; outline-offset: 1px }
.average { font-weight: 600; font-variant-numeric: tabular-nums }
.bars { display: inline-flex; gap: 2px; align-items: flex-end; height: 1.4rem }
.bars i { width: 8px; background: currentColor; opacity: .55; min-height: 1px }
`
