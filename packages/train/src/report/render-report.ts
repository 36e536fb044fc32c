/**
 * The report of a training run as one HTML page that needs nothing else: pictures, charts and style are inside, and no
 * script. A pure function of its data.
 */
import { html } from './html.ts'
import { learningSection } from './learning-section.ts'
import type { ReportData } from './report-data.ts'
import { reportStyle } from './report-style.ts'
import { reportTitle, resultSection } from './result-section.ts'
import { runSection } from './run-section.ts'
import { sourceSection } from './source-section.ts'

export function renderReport(data: ReportData): string {
  const page = html`<!doctype html>
<html lang="en">
  <head>
    <meta charset="utf-8">
    <meta name="viewport" content="width=device-width, initial-scale=1">
    <meta name="color-scheme" content="light dark">
    <title>${reportTitle(data)} – MixFlow training report</title>
    <style>${reportStyle}</style>
  </head>
  <body>
    <main>
      ${resultSection(data)}
      ${learningSection(data)}
      ${sourceSection(data)}
      ${runSection(data)}
    </main>
    <footer>
      ${credit(data)}
      <p>Written by mixflow on <time datetime="${data.written}">${data.written.slice(0, 16).replace('T', ' ')} UTC</time>.</p>
    </footer>
  </body>
</html>
`
  return page.toString()
}

function credit({ dataset: { name, attribution, licence } }: ReportData) {
  if (attribution === null && licence === null) return html`<p>No licence is stated for the data set ${name}.</p>`
  const terms = licence === null ? 'No licence is stated.' : `Licence: ${licence}.`
  return html`<p>Data: ${attribution ?? name}. ${terms}</p>`
}
