export const pageStyle = `
:root { color-scheme: light dark; --line: color-mix(in srgb, currentColor 18%, transparent); --star: #d99a00 }
body { font: 16px/1.5 system-ui, sans-serif; max-width: 46rem; margin: 0 auto; padding: 1rem }
header { display: flex; flex-wrap: wrap; gap: .5rem 1.25rem; align-items: baseline }
h1 { font-size: 1.4rem; margin: 0 auto 0 0 }
input, select, button { font: inherit }
input { width: 8rem }
#message { min-height: 1.5em; margin: .5rem 0; color: #b3261e }
#note:not(:empty) { margin: .5rem 0; padding: .5rem .8rem; border-left: 3px solid var(--star); background: color-mix(in srgb, currentColor 6%, transparent) }
article { border-top: 1px solid var(--line); padding: .9rem 0 }
h2 { font-size: 1.05rem; margin: 0 }
article p { margin: .25rem 0 .5rem }
.by { opacity: .75; font-size: .9rem }
post-rate-stars { max-width: 22rem }
`
