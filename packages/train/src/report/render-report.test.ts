import { hostileNames, unprintable } from '@mixflow/core/testing'
import { describe, expect, it } from 'vitest'
import { finishedRun, metricsLine } from './fixtures/report-data.ts'
import { renderReport, resultSentence } from './render-report.ts'
import type { ReportData } from './report-data.ts'

const page = (data: Partial<ReportData> = {}): string => renderReport({ ...finishedRun, ...data })
/** What a reader sees: no markup, no style, single spaces. */
const textOf = (markup: string): string =>
  markup
    .replaceAll(/<style>.*?<\/style>/gs, '')
    .replaceAll(/<[^>]*>/g, ' ')
    .replaceAll(/[\s\u00a0]+/g, ' ')
const tagsOf = (markup: string, name: string): string[] =>
  [...markup.matchAll(new RegExp(`<${name}[ >][^>]*`, 'g'))].map(String)

const plain: Partial<ReportData> = {
  preset: null,
  config: { ...finishedRun.config, source: null, encoder: null },
  labels: null,
  gridRows: null,
  sources: null,
  curvature: null,
  parameters: { denoiser: 5_000, encoder: 0 },
  dataset: { name: 'photos', images: 3, licence: null, attribution: null },
}
const empty: Partial<ReportData> = { state: 'running', metrics: [], grids: [], sources: null, curvature: null }

const variants = {
  finished: {},
  plain,
  empty,
  'plain and empty': { ...plain, ...empty },
  'one step': { state: 'interrupted', metrics: [metricsLine(1)], grids: [] },
  failed: {
    state: 'failed',
    reason: 'the loss diverged',
    metrics: [metricsLine(1), { ...metricsLine(2), loss: Number.NaN }],
  },
} satisfies Record<string, Partial<ReportData>>

describe.each(Object.entries(variants))('the page of a run: %s', (_, data) => {
  const markup = page(data)

  it('loads no external resource and has no script', () => {
    expect(tagsOf(markup, '(?:script|link|iframe|object|embed|base|form)')).toEqual([])
    expect(markup.match(/\s(?:src|srcset|href|poster|action)\s*=(?!"data:image\/png;base64,).{0,80}/i)).toBeNull()
    expect(markup.match(/url\(|@import|https?:|\son\w+\s*=/i)).toBeNull()
  })

  it('closes every element in order', () => {
    const open: string[] = []
    for (const [, slash, name, rest] of markup.matchAll(/<(\/?)([a-z][a-z0-9]*)((?:"[^"]*"|[^">])*)>/g)) {
      if (slash) expect(open.pop()).toBe(name)
      else if (!/^(meta|img|br)$/.test(name!) && !rest!.endsWith('/')) open.push(name!)
    }
    expect(open).toEqual([])
  })

  it('has one h1, then h2s, and each section is labelled by its h2', () => {
    const levels = [...markup.matchAll(/<h(\d)[ >]/g)].map(match => Number(match[1]))
    expect(levels[0]).toBe(1)
    expect(new Set(levels.slice(1))).toEqual(new Set([2]))
    for (const [, id] of markup.matchAll(/aria-labelledby="([^"]+)"/g)) expect(markup).toContain(`<h2 id="${id}">`)
  })

  it('has a description of every image and chart, and a header in every row', () => {
    for (const image of tagsOf(markup, 'img')) expect(image).toMatch(/ alt="[^"]+" width="\d+" height="\d+"/)
    for (const chart of tagsOf(markup, 'svg').filter(tag => tag.includes('role="img"'))) {
      expect(chart).toMatch(/aria-label="[^"]+"/)
    }
    const rows = tagsOf(markup, 'tr').length
    expect(tagsOf(markup, 'th')).toHaveLength(rows)
    expect(markup.match(/<th scope="row">/g)).toHaveLength(rows)
  })

  it('never shows a missing value', () => {
    expect(textOf(markup)).not.toMatch(/NaN|Infinity|undefined|\[object|–\s*%/)
    expect(markup.replaceAll(/<pre.*?<\/pre>/gs, '')).not.toMatch(/\bnull\b/)
  })
})

describe('the page', () => {
  it('shows the result, the facts of the run and the attribution of the data', () => {
    const text = textOf(page())
    expect(text).toContain(
      'In 2 min 47 s on CPU (2 cores), a network of 663 thousand parameters saw the 10,000 images of digits 6.4 times ' +
        'and learned to generate 28 × 28 images of 2 classes in 5 evaluations each.',
    )
    expect(text).toContain('guidance 0.5 (two network calls per evaluation)')
    expect(text).toContain('Curvature 0.0225 (standard deviation over paths: 0.00600)')
    expect(text).toContain('The root mean square difference is 0.150')
    expect(text).toContain('npx mixflow export runs/quickstart')
    expect(text).toContain('Data: digits by many hands. Licence: CC-BY-SA-3.0.')
    expect(text).toContain('2026-04-10 12:34 UTC')
    expect(text).toContain('&quot;emaHalfLifeImages&quot;: 3000')
    const poor = resultSentence({ ...finishedRun, judgement: { loss: 1.3, trivialLoss: 1.4, grain: 0.8 } })
    expect(poor).not.toMatch(/learned to generate/)
    expect(poor).toMatch(/The samples are still noise: the loss is 1\.30, and 1\.40 for .* 80 %.*Train longer/)
    const grainy = resultSentence({ ...finishedRun, judgement: { loss: 0.5, trivialLoss: 1.4, grain: 0.3 } })
    expect(grainy).toMatch(/The samples still have grain/)
  })

  it('shows the progress of an unfinished run', () => {
    const half = finishedRun.metrics.slice(0, 500)
    expect(textOf(page({ state: 'running', metrics: half }))).toMatch(
      /still training .* Running, at 32,000 of 64,000 images \(50 %\)/,
    )
    expect(textOf(page({ state: 'interrupted', metrics: half }))).toMatch(
      /Interrupted after 32,000 of 64,000 .* --resume/,
    )
    expect(textOf(page({ state: 'failed', reason: 'the loss is <NaN>' }))).toContain('the loss is &lt;NaN&gt;')
    expect(textOf(page(empty))).toMatch(/Running, at 0 of 64,000 images .* No samples were drawn yet/)
  })

  it('labels the rows of the grid for readers and screen readers', () => {
    expect(page()).toMatch(/<ol class="rows" aria-hidden="true"><li>zero<\/li><li>one<\/li><\/ol>/)
    expect(page()).toContain(
      'alt="Samples after training on 64,000 images; each row is one class, from the top zero, one"',
    )
    expect(page(plain)).not.toContain('class="rows"')
  })

  it('escapes all inputs', () => {
    const evil = `"><script>alert(1)</script><img src=x onerror='alert(2)'>`
    const markup = page({
      preset: evil,
      command: evil,
      program: evil,
      device: evil,
      reason: evil,
      folder: evil,
      dataset: { name: evil, images: 1, licence: evil, attribution: evil },
      labels: { count: 1, names: [evil] },
      gridRows: [evil],
      sources: [{ name: evil, png: finishedRun.grids[0]!.png }],
      config: { ...finishedRun.config, data: evil },
    })
    expect(markup).not.toMatch(/<script|<img src=x/)
    expect(markup.match(/&lt;script&gt;/g)!.length).toBeGreaterThan(10)
    expect(tagsOf(markup, 'img')).toHaveLength(4)
  })

  it('has the same elements, and no control characters, whatever the names are', () => {
    const named = (names: readonly string[]) =>
      page({
        ...{ preset: names[0]!, device: names[1]!, command: names[2]!, folder: names[3]!, reason: names.join() },
        dataset: { name: names[4]!, images: 1, licence: names[5]!, attribution: names[6]! },
        labels: { count: names.length, names },
        gridRows: names,
        sources: names.map(name => ({ name, png: finishedRun.grids[0]!.png })),
        config: { ...finishedRun.config, data: names[7]! },
      })
    const markup = named(hostileNames)
    expect(markup.replaceAll('\t', ' ')).not.toMatch(unprintable)
    const tags = (text: string) => text.match(/<[a-z]+/g)
    expect(tags(markup)).toEqual(tags(named(hostileNames.map((_, i) => `name ${i}`))))
  })

  it('shows the given images', () => {
    const { png } = finishedRun.grids[0]!
    const uris = [...page().matchAll(/src="data:image\/png;base64,([^"]+)"/g)].map(match =>
      Buffer.from(match[1]!, 'base64'),
    )
    expect(uris).toHaveLength(5)
    for (const bytes of uris) expect(bytes.equals(png)).toBe(true)
  })
})
