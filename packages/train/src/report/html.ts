/**
 * HTML templates that escape: every value in an `html` template is text, unless it is the result of another `html` template.
 * Arrays are joined; null, undefined and false render as nothing. And the style of the report.
 */

import { printable } from '@mixflow/core/internal'

/** Markup that needs no further escaping. Only `html` makes it. */
export class Html {
  readonly #markup: string

  /** @param markup trusted: written by this package */
  constructor(markup: string) {
    this.#markup = markup
  }

  toString(): string {
    return this.#markup
  }
}

export type Content = Html | string | number | null | undefined | false | readonly Content[]

export function html(strings: TemplateStringsArray, ...values: readonly Content[]): Html {
  return new Html(strings.reduce((markup, text, i) => markup + markupOf(values[i - 1]) + text))
}

function markupOf(content: Content): string {
  if (content === null || content === undefined || content === false) return ''
  if (content instanceof Html) return content.toString()
  if (typeof content === 'object') return content.map(markupOf).join('')
  return escapeHtml(String(content))
}

const entities: Readonly<Record<string, string>> = {
  '&': '&amp;',
  '<': '&lt;',
  '>': '&gt;',
  '"': '&quot;',
  "'": '&#39;',
}

/** Escapes text for elements and for attributes in quotes; control and bidirectional characters are shown escaped. */
export const escapeHtml = (text: string): string =>
  printable(text).replaceAll(/[&<>"']/g, character => entities[character]!)

/** One column with wide figures, for light and dark screens and for print. */
export const reportStyle = new Html(`
:root {
  color-scheme: light dark;
  --page: #fcfcfb; --card: #f2f2ef; --text: #1c1d1f; --muted: #5b5e66; --rule: #dcdcd8;
  --series: #0a66c2; --faint: .25; --good: #17663a; --warn: #8a4b00; --bad: #b3261e;
  --sans: ui-sans-serif, system-ui, -apple-system, 'Segoe UI', Roboto, 'Helvetica Neue', Arial, sans-serif;
  --mono: ui-monospace, SFMono-Regular, Menlo, Consolas, 'Liberation Mono', monospace;
}
@media (prefers-color-scheme: dark) {
  :root {
    --page: #131416; --card: #1d1f22; --text: #e7e8ea; --muted: #a2a6ae; --rule: #34373c;
    --series: #6cb2ff; --faint: .4; --good: #7fd6a4; --warn: #f0b866; --bad: #ff8f86;
  }
}
* { box-sizing: border-box; }
html { -webkit-text-size-adjust: 100%; }
body { margin: 0; background: var(--page); color: var(--text); font: 1rem/1.6 var(--sans); }
main, footer { max-width: 60rem; margin: 0 auto; padding: 0 1.25rem; }
main { padding-top: clamp(1.5rem, 5vw, 4rem); }
p { max-width: 44rem; margin: .75rem 0; text-wrap: pretty; }
h1 { font-size: clamp(2rem, 6vw, 3rem); line-height: 1.1; letter-spacing: -.02em; margin: .25rem 0 .75rem; overflow-wrap: anywhere; }
h2 { font-size: 1.375rem; line-height: 1.25; letter-spacing: -.01em; margin: 0 0 1rem; }
section { margin-top: clamp(2.5rem, 6vw, 4rem); }
figure { margin: 0; }
img { max-width: 100%; height: auto; display: block; border-radius: 3px; }
figcaption, caption, .note, .nothing { color: var(--muted); font-size: .875rem; line-height: 1.5; }
code { font: .875em/1.5 var(--mono); overflow-wrap: anywhere; }
pre { margin: 0; padding: .75rem 1rem; background: var(--card); border-radius: 6px; overflow-x: auto; }
pre code { overflow-wrap: normal; }

.eyebrow { margin: 0; color: var(--muted); font-size: .875rem; display: flex; gap: .75rem; flex-wrap: wrap; align-items: center; }
.state { font-weight: 600; color: var(--warn); }
.state.finished { color: var(--good); }
.state.failed, .reason { color: var(--bad); }
.lead { font-size: clamp(1.0625rem, 2.5vw, 1.25rem); line-height: 1.5; }

.hero { display: grid; gap: 1.5rem 3rem; margin-top: 2rem; align-items: start; }
.labelled { display: flex; gap: .625rem; }
.labelled img { min-width: 0; flex: 0 1 auto; }
.rows { list-style: none; margin: 0; padding: 0; display: grid; grid-auto-rows: 1fr; color: var(--muted); font-size: .875rem; font-variant-numeric: tabular-nums; text-align: right; max-width: 35%; }
.rows li { display: flex; align-items: center; justify-content: end; min-height: 0; line-height: 1.1; }
.grid figcaption { margin-top: .75rem; max-width: 44rem; }
.numbers { display: grid; grid-template-columns: repeat(auto-fit, minmax(8.5rem, 1fr)); gap: 1rem 1.5rem; margin: 0; }
.numbers div { display: flex; flex-direction: column; border-top: 1px solid var(--rule); padding-top: .5rem; }
.numbers dt { color: var(--muted); font-size: .875rem; }
.numbers dd { order: -1; margin: 0; font-size: clamp(1.125rem, 4.6vw, 1.375rem); line-height: 1.25; font-weight: 600; letter-spacing: -.01em; font-variant-numeric: tabular-nums; }
@media (min-width: 56rem) {
  .hero { grid-template-columns: minmax(0, 1fr) 12rem; }
  .numbers { grid-template-columns: 1fr; }
}

.chart figcaption { display: flex; flex-wrap: wrap; justify-content: space-between; gap: .125rem 1.5rem; color: var(--text); font-weight: 600; }
.chart small { color: var(--muted); font-weight: 400; font-size: 1em; }
.legend { list-style: none; margin: 0; padding: 0; display: flex; flex-wrap: wrap; gap: 0 1rem; font-weight: 400; color: var(--muted); }
.legend b { color: var(--text); font-variant-numeric: tabular-nums; }
.legend svg { margin-right: .375rem; vertical-align: baseline; }
.plot { display: block; overflow: visible; width: calc(100% - 4.25rem); margin: 1rem 1.25rem 3.25rem 3rem; }
.plot text { fill: var(--muted); font: .75rem var(--sans); font-variant-numeric: tabular-nums; }
.rule { stroke: var(--rule); }
.line, .dots { fill: none; stroke: var(--series); stroke-linecap: round; stroke-linejoin: round; vector-effect: non-scaling-stroke; }
.line { stroke-width: 2; }
.dots { stroke-width: 3; opacity: var(--faint); }
.pair figcaption { flex-direction: column; }
.pair { display: grid; grid-template-columns: repeat(auto-fit, minmax(min(100%, 22rem), 1fr)); gap: 1rem 2rem; margin-top: 2rem; align-items: end; }

.strip { list-style: none; margin: 0; padding: 0; display: grid; gap: 1.25rem 1rem; grid-template-columns: repeat(auto-fill, minmax(min(100%, 9.5rem), 1fr)); }
.strip figcaption { margin-top: .375rem; font-variant-numeric: tabular-nums; }

.scroll { overflow-x: auto; }
table { border-collapse: collapse; }
caption { text-align: left; padding-bottom: .75rem; }
th { text-align: left; font-weight: 400; color: var(--muted); vertical-align: top; }
.facts { width: 100%; }
.facts th, .facts td { padding: .5rem 0; border-top: 1px solid var(--rule); }
.facts th { padding-right: 2rem; white-space: nowrap; width: 1%; }
.facts td { overflow-wrap: anywhere; }
.sources { margin: 1.25rem 0; }
.sources th { vertical-align: middle; padding-right: 1rem; font-size: .875rem; white-space: nowrap; }
.sources td { padding: .125rem 0; }

.commands { margin: 0; }
.commands dt { margin-top: 1rem; }
.commands dd { margin: .375rem 0 0; }
.commands pre { white-space: pre-wrap; }
.commands code { user-select: all; overflow-wrap: anywhere; }
details { margin-top: 1.5rem; }
summary { cursor: pointer; padding: .5rem 0; }
summary:focus-visible, pre:focus-visible { outline: 2px solid var(--series); outline-offset: 2px; }
footer { margin-top: 4rem; padding-top: 1rem; padding-bottom: 3rem; color: var(--muted); font-size: .875rem; }
footer p { margin: .25rem 0; }

@media print {
  :root { --page: #fff; --card: #f4f4f2; --text: #000; --muted: #444; --rule: #ccc; --series: #0a66c2; --faint: .25; --good: #000; --warn: #000; --bad: #000; }
  body { font-size: 10pt; }
  main { padding-top: 0; }
  section { margin-top: 2rem; }
  h2, caption { break-after: avoid; }
  figure, .sources, .numbers div, .commands dd { break-inside: avoid; }
  .labelled img { max-height: 15cm; width: auto; }
  .numbers, .strip { grid-template-columns: repeat(6, 1fr); gap: .75rem; }
  .numbers dd { font-size: 1.125rem; }
  .pair { grid-template-columns: 1fr 1fr; }
  img { print-color-adjust: exact; -webkit-print-color-adjust: exact; }
  pre { white-space: pre-wrap; }
  footer { margin-top: 1.5rem; padding-bottom: 0; }
}
`)
