import { Markup } from './html.ts';

/** Light, dark and on paper; each colour has at least 3:1 against its ground. */
export const STYLE = new Markup(`
:root {
  color-scheme: light dark;
  --ground: light-dark(#ffffff, #17161a);
  --card: light-dark(#fbf8f2, #201f24);
  --ink: light-dark(#2b2721, #ece6da);
  --faint: light-dark(#655e53, #aea79b);
  --rule: light-dark(#e2dacb, #3a363f);
  --gold: light-dark(#9a6c0c, #e5b93f);
  --arm-original: light-dark(#5f584d, #b9b2a6);
  --arm-compressed: light-dark(#b3473f, #f0938b);
  --arm-prompt: light-dark(#2f6f9f, #7db8e8);
  --arm-idp: light-dark(#9a6c0c, #e5b93f);
  --arm-bank: light-dark(#7a4a94, #cfa0e6);
  --arm-lora: light-dark(#3d7a4e, #7fcf97);
  --arm-prefix: light-dark(#6d4fa3, #b79cf0);
  --arm-bank-lora: light-dark(#1f7a7a, #6fd3d0);
}
* { box-sizing: border-box; }
body {
  max-width: 60rem; margin: 0 auto; padding: 2.5rem 1.25rem 4rem;
  background: var(--ground); color: var(--ink);
  font: 15px/1.55 system-ui, -apple-system, "Segoe UI", sans-serif;
}
h1 { margin: 0 0 .25rem; font-size: 1.9rem; line-height: 1.2; }
h2 { margin: 2.2rem 0 .6rem; font-size: 1.2rem; }
header { padding-bottom: 1rem; border-bottom: 3px solid var(--gold); }
.meta, .faint-text { color: var(--faint); }
.meta { margin: 0; }
.verdict { margin: 1.4rem 0; padding: .2rem 0 .2rem 1rem; border-left: 3px solid var(--gold); font-size: 1.12rem; }
.run + .run { margin-top: 4rem; }
.wide { overflow-x: auto; }
table { width: 100%; border-collapse: collapse; font-variant-numeric: tabular-nums; }
th, td { padding: .4rem .6rem; border-bottom: 1px solid var(--rule); text-align: right; vertical-align: top; }
th:first-child, td:first-child { padding-left: 0; text-align: left; }
thead th { color: var(--faint); font-weight: 500; }
tbody th { font-weight: 600; }
code, pre { font: 12px/1.5 ui-monospace, "SF Mono", Consolas, monospace; }
code { overflow-wrap: anywhere; }
pre { margin: .5rem 0; padding: 1rem; border-radius: 8px; background: var(--card); white-space: pre-wrap; }
figure { margin: 1rem 0 1.8rem; break-inside: avoid; }
figcaption { margin-bottom: .35rem; font-weight: 600; }
figure > svg { display: block; width: 100%; height: auto; overflow: visible; }
.ink { fill: var(--ink); font-size: 12px; }
.faint { fill: var(--faint); font-size: 11px; }
.grid { stroke: var(--rule); }
.whisker { stroke: var(--ink); stroke-width: 1.3; fill: none; }
.line { fill: none; stroke-width: 1.8; stroke-linejoin: round; }
.key { display: flex; flex-wrap: wrap; gap: .2rem 1.1rem; margin: .4rem 0 0; padding: 0; color: var(--faint); font-size: 13px; list-style: none; }
.key svg { width: 18px; height: 14px; margin-right: .35rem; vertical-align: -2px; }
dl { display: grid; grid-template-columns: max-content 1fr; gap: .3rem 1.2rem; margin: 0; }
dt { color: var(--faint); }
dd { margin: 0; }
summary { cursor: pointer; }
footer { margin-top: 3rem; padding-top: 1rem; border-top: 1px solid var(--rule); color: var(--faint); font-size: 13px; }
@media (max-width: 40rem) { dl { grid-template-columns: 1fr; gap: 0; } dd { margin-bottom: .6rem; } }
@media print {
  :root { color-scheme: light; }
  body { max-width: none; padding: 0; font-size: 11pt; }
  .run { break-before: page; }
  .run:first-of-type { break-before: auto; }
  h2 { break-after: avoid; }
  tr, dl { break-inside: avoid; }
  .wide { overflow: visible; }
  table { font-size: 9pt; }
}
@page { margin: 16mm; }
`);
