/** @type {CSSStyleSheet | undefined} */
let made

/**
 * The look, which a host tunes by custom properties and parts. As a sheet of the script's own it needs no `style-src`.
 * Colours follow the page's `color-scheme`; the font is the page's.
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
  --star: var(--post-rate-star, light-dark(#b87200, #f2b33d));
  --on-star: light-dark(#fff, #23201d);
  --bar: var(--post-rate-bar, light-dark(#e2b15c, #97733a));
  --accent: var(--post-rate-accent, light-dark(#8f3a1b, #f0a27f));
  --problem: var(--post-rate-problem, light-dark(#a3211b, #ff9c92));
  display: block;
  color: var(--text);
}
:host([hidden]), [hidden] { display: none !important; }
p, fieldset, legend, table { margin: 0; padding: 0; border: 0; font-size: inherit; }
.average { color: var(--soft); }
.average strong { color: var(--text); font-size: 1.9em; line-height: 1.1; font-variant-numeric: tabular-nums; }
.histogram { width: 100%; margin-block: 0.35em; border-collapse: collapse; font-size: 0.85em; line-height: 1.35; font-variant-numeric: tabular-nums; }
.histogram :is(th, td) { padding: 0; color: var(--soft); font-weight: normal; text-align: start; }
.histogram th { width: 1.4em; }
.histogram .count { width: 1%; padding-inline-start: 0.6em; text-align: end; }
.bar span { display: block; height: 0.6em; border-radius: 1px 3px 3px 1px; background: var(--bar); transition: inline-size 0.4s; }
.recent { color: var(--soft); font-size: 0.9em; }
.update { color: var(--soft); font-size: 0.85em; font-variant-numeric: tabular-nums; }
.held { margin-block-start: 0.5em; padding-inline-start: 0.6em; border-inline-start: 3px solid var(--bar); font-size: 0.9em; }
.own { display: flex; flex-wrap: wrap; gap: 0 0.9em; align-items: end; margin-block-start: 0.6em; }
.stars { min-width: 0; }
.stars legend { color: var(--soft); font-size: 0.9em; }
.choices { display: flex; margin-inline-start: -0.35rem; }
.choices label { position: relative; display: grid; place-items: center; width: 2.35rem; height: 2.75rem; cursor: pointer; }
.choices input { position: absolute; inset: 0; width: 100%; height: 100%; margin: 0; opacity: 0; cursor: pointer; }
.choices label::before { color: transparent; font: 1.75rem / 1 "DejaVu Sans", "Segoe UI Symbol", system-ui, sans-serif; -webkit-text-stroke: 1.3px var(--soft); content: "★"; content: "★" / ""; }
.choices label[data-score="0"]::before { display: grid; place-items: center; box-sizing: border-box; width: 1.5rem; height: 1.5rem; border: 1.5px solid var(--soft); border-radius: 50%; color: var(--soft); font: 600 0.8rem / 1 system-ui, sans-serif; -webkit-text-stroke: 0; content: "0"; content: "0" / ""; }
/* A star is lit up to the chosen one; under a pointer, up to that one. */
.choices label:not([data-score="0"]):is(:has(:checked), :has(~ label :checked))::before { color: var(--star); -webkit-text-stroke-color: var(--star); }
.choices label[data-score="0"]:has(:checked)::before { border-color: var(--star); background: var(--star); color: var(--on-star); }
@media (hover: hover) {
  .choices:hover label:not([data-score="0"])::before { color: transparent; -webkit-text-stroke-color: var(--soft); }
  .choices:hover label:not([data-score="0"]):is(:hover, :has(~ label:hover))::before { color: var(--star); -webkit-text-stroke-color: var(--star); }
}
.choices label:has(:focus-visible) { border-radius: 8px; outline: 2px solid var(--accent); outline-offset: -2px; }
.withdraw { min-height: 2.75rem; padding: 0; border: 0; border-radius: 2px; background: none; color: var(--accent); font: inherit; font-size: 0.9em; text-decoration: underline; text-underline-offset: 0.2em; cursor: pointer; }
.withdraw:focus-visible { outline: 2px solid var(--accent); outline-offset: 2px; }
.said { flex-basis: 100%; color: var(--soft); font-size: 0.9em; }
.problem { color: var(--problem); }
.problem:empty { display: none; }
.hidden { position: absolute; width: 1px; height: 1px; overflow: hidden; clip-path: inset(50%); white-space: nowrap; }
@media (prefers-reduced-motion: reduce) { .bar span { transition: none; } }
@media (forced-colors: active) {
  :host { --soft: CanvasText; --star: Highlight; --on-star: HighlightText; --bar: CanvasText; }
  .choices label, .bar span { forced-color-adjust: none; }
}
`
