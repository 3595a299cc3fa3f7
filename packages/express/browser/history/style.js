/** @type {CSSStyleSheet | undefined} */
let made

/**
 * The look, which a host tunes by custom properties and parts. As a sheet of the script's own it needs no `style-src`.
 * Made when the first element is: a server that imports this has no style sheets.
 */
export function sheet() {
  if (made === undefined) {
    made = new CSSStyleSheet()
    made.replaceSync(style)
  }
  return made
}

const style = `
:host {
  --text: var(--post-rate-text, light-dark(#23201d, #f0ece7));
  --soft: var(--post-rate-soft, light-dark(#665e57, #ada49b));
  --bar: var(--post-rate-bar, light-dark(#e2b15c, #97733a));
  --accent: var(--post-rate-accent, light-dark(#8f3a1b, #f0a27f));
  --problem: var(--post-rate-problem, light-dark(#a3211b, #ff9c92));
  --line: var(--post-rate-line, light-dark(#1f1c1a, #fff));
  --incident: var(--post-rate-incident, light-dark(#9a6a00, #f2b33d));
  --exclusion: var(--post-rate-exclusion, light-dark(#6b4fa3, #bda4f0));
  --s0: light-dark(#a63a26, #d4624c);
  --s1: light-dark(#d6805c, #e0977a);
  --s2: light-dark(#e9bc9b, #e8c7ae);
  --s3: light-dark(#b5cde0, #c3d8e8);
  --s4: light-dark(#6fa3cd, #85b2d8);
  --s5: light-dark(#2d6ca3, #4f8fc7);
  display: block;
  color: var(--text);
}
:host([hidden]), [hidden] { display: none !important; }
p, ul, table { margin: 0; padding: 0; font-size: inherit; }
.choices { display: flex; flex-wrap: wrap; gap: 0.3em 0.5em; align-items: center; }
.choices > div { display: flex; gap: 0.3em; }
.choices > :last-child { margin-inline-start: auto; }
button { min-height: 2.25rem; padding: 0 0.7em; border: 1px solid var(--soft); border-radius: 6px; background: none; color: var(--text); font: inherit; font-size: 0.85em; cursor: pointer; }
button[aria-pressed="true"] { border-color: var(--accent); color: var(--accent); font-weight: 600; box-shadow: inset 0 -2px var(--accent); }
button:focus-visible, .numbers:focus-visible { outline: 2px solid var(--accent); outline-offset: 2px; }
.chart { display: grid; grid-template-columns: auto 1fr auto; gap: 0.15em 0.4em; margin-block-start: 0.5em; direction: ltr; }
.scale, .dates { display: flex; justify-content: space-between; color: var(--soft); font-size: 0.75em; font-variant-numeric: tabular-nums; }
.scale { flex-direction: column; text-align: end; }
.scale.right { color: var(--text); }
.dates { grid-column: 2; padding-block-start: 0.15em; }
.plot { position: relative; height: 9rem; border-block-end: 1px solid var(--soft); cursor: crosshair; touch-action: pan-y; }
.plot:has(:focus-visible) { outline: 2px solid var(--accent); outline-offset: 1px; }
.plot svg { display: block; width: 100%; height: 100%; }
.plot input { position: absolute; inset: 0; width: 100%; height: 100%; margin: 0; opacity: 0; pointer-events: none; }
.bar.all { fill: var(--bar); }
.s0 { fill: var(--s0); } .s1 { fill: var(--s1); } .s2 { fill: var(--s2); }
.s3 { fill: var(--s3); } .s4 { fill: var(--s4); } .s5 { fill: var(--s5); }
.bar.out { fill: var(--exclusion); fill-opacity: 0.15; stroke: var(--exclusion); stroke-width: 1px; stroke-dasharray: 3 2; vector-effect: non-scaling-stroke; }
.mean { fill: none; stroke: var(--line); stroke-width: 2px; stroke-linejoin: round; vector-effect: non-scaling-stroke; }
.cursor { fill: var(--accent); fill-opacity: 0.16; }
.band { fill-opacity: 0.12; }
.band.incident, .strip.incident { fill: var(--incident); }
.band.exclusion, .strip.exclusion { fill: var(--exclusion); }
.legend { display: flex; flex-wrap: wrap; gap: 0.1em 0.9em; margin-block: 0.4em; color: var(--soft); font-size: 0.8em; list-style: none; }
.key { display: inline-block; width: 0.75em; height: 0.75em; margin-inline-end: 0.35em; border-radius: 2px; background: var(--swatch); }
.key.line { height: 2px; vertical-align: middle; background: var(--line); }
.key.out { border: 1px dashed var(--exclusion); background: none; }
.key.all { background: var(--bar); }
.key.s0 { background: var(--s0); } .key.s1 { background: var(--s1); } .key.s2 { background: var(--s2); }
.key.s3 { background: var(--s3); } .key.s4 { background: var(--s4); } .key.s5 { background: var(--s5); }
.key.incident { height: 0.3em; vertical-align: middle; background: var(--incident); }
.key.exclusion { height: 0.3em; vertical-align: middle; background: var(--exclusion); }
.day { min-height: 2.8em; font-size: 0.9em; line-height: 1.4; font-variant-numeric: tabular-nums; }
.periods { margin-block-start: 0.3em; font-size: 0.85em; line-height: 1.4; list-style: none; }
.periods li { margin-block-start: 0.25em; overflow-wrap: anywhere; }
.numbers { max-height: 20rem; margin-block-start: 0.6em; overflow: auto; }
.numbers table { border-collapse: collapse; font-size: 0.8em; font-variant-numeric: tabular-nums; }
.numbers caption { padding-block-end: 0.3em; color: var(--soft); text-align: start; }
.numbers :is(th, td) { padding: 0.15em 0.5em; border-block-end: 1px solid color-mix(in srgb, var(--soft) 35%, transparent); text-align: end; font-weight: normal; }
.numbers th { color: var(--soft); white-space: nowrap; }
.numbers thead th { white-space: normal; vertical-align: bottom; }
.numbers th:first-child { text-align: start; }
.problem { color: var(--problem); }
.problem:empty { display: none; }
.empty { color: var(--soft); }
.hidden { position: absolute; width: 1px; height: 1px; overflow: hidden; clip-path: inset(50%); white-space: nowrap; }
@media (forced-colors: active) {
  :host { --bar: CanvasText; --line: Highlight; --soft: CanvasText; }
  .plot svg, .key { forced-color-adjust: none; }
}
`
