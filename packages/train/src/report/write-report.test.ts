import { mkdir, mkdtemp, readdir, readFile, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { testFolder } from '../fixtures/test-folder.ts'
import { parseMetrics, readMetrics } from '../loop/run-folder.ts'
import { finishedRun, greyImage, metricsLine } from './fixtures/report-data.ts'
import { gridPng } from './png.ts'
import { type ReportContent, writeReport } from './write-report.ts'

const { folder: _, written: __, metrics: ___, grids: ____, ...facts } = finishedRun
const content: ReportContent = { ...facts, sources: [{ name: 'x1', images: [greyImage, greyImage] }] }

let folder: string
testFolder(path => {
  folder = path
})

const addGrids = async (counts: readonly number[]) => {
  await mkdir(join(folder, 'samples'))
  for (const count of counts) {
    const image = { ...greyImage, data: greyImage.data.map(value => value / (1 + count)) }
    await writeFile(join(folder, 'samples', `${String(count).padStart(9, '0')}.png`), gridPng([image]))
  }
}
const captions = (page: string) =>
  [...page.matchAll(/<figcaption>([\d,]+) images<\/figcaption>/g)].map(match => match[1])

describe('writeReport', () => {
  it('reads the folder of a killed run and leaves one file, whole', async () => {
    await addGrids([12_800, 6_400, 100_000])
    await writeFile(join(folder, 'samples', 'sources.png'), 'no grid')
    const log = [1, 2, 3].map(step => `${JSON.stringify(metricsLine(step))}\n`).join('')
    await writeFile(join(folder, 'metrics.jsonl'), log.slice(0, -9))

    const path = await writeReport(folder, { ...content, state: 'interrupted' })
    expect(path).toBe(join(folder, 'report.html'))
    const page = await readFile(path, 'utf8')
    expect(page.endsWith('</html>\n')).toBe(true)
    expect(page).toContain('Interrupted after 128 of 64,000 images')
    expect(captions(page)).toEqual(['6,400', '12,800', '100,000'])
    expect(page).toContain('<th scope="row">x1</th>')
    expect((await readdir(folder)).sort()).toEqual(['metrics.jsonl', 'report.html', 'samples'])
  })

  it('replaces an earlier report', async () => {
    await writeReport(folder, { ...content, state: 'running', sources: null })
    const path = await writeReport(folder, content)
    const page = await readFile(path, 'utf8')
    expect(page).not.toContain('still training')
    expect(page).toContain('No samples were drawn yet')
  })

  it('shows a dozen grids of a long run, the first and the last among them', async () => {
    await addGrids(Array.from({ length: 30 }, (_, i) => (i + 1) * 100))
    const shown = captions(await readFile(await writeReport(folder, content), 'utf8'))
    expect(shown).toHaveLength(12)
    expect([shown[0], shown.at(-1)]).toEqual(['100', '3,000'])
  })

  it('says which folder it cannot write to', async () => {
    await writeFile(join(folder, 'a-file'), '')
    await expect(writeReport(join(folder, 'a-file'), content)).rejects.toThrow(/a-file/)
  })
})

const lines = [1, 2, 3].map(metricsLine)
const text = lines.map(line => `${JSON.stringify(line)}\n`).join('')

it('reads what was logged', () => {
  expect(parseMetrics(text)).toEqual(lines)
})

it('passes over a last line cut short anywhere, and loses no other', () => {
  const twoLines = text.indexOf('\n', text.indexOf('\n') + 1)
  for (let length = twoLines; length < text.length - 1; length++) {
    expect(parseMetrics(text.slice(0, length))).toEqual(lines.slice(0, 2))
  }
  expect(parseMetrics(text.slice(0, -1))).toEqual(lines)
})

it('takes the last line of a step that was done again, in order of steps', () => {
  const again = { ...metricsLine(2), loss: 9 }
  expect(parseMetrics(`${text}${JSON.stringify(again)}\n`).map(({ step, loss }) => [step, loss])).toEqual([
    [1, lines[0]?.loss],
    [2, 9],
    [3, lines[2]?.loss],
  ])
})

it('has NaN for what is missing or no number', () => {
  expect(parseMetrics('{"step":1,"imagesSeen":64,"loss":null,"kl":"many"}\n')[0]).toMatchObject({
    step: 1,
    loss: Number.NaN,
    kl: Number.NaN,
    seconds: Number.NaN,
  })
})

it('never throws, whatever the file holds', () => {
  fc.assert(
    fc.property(fc.array(fc.oneof(fc.json(), fc.string())), parts => {
      for (const line of parseMetrics(parts.join('\n'))) expect(typeof line.step).toBe('number')
    }),
  )
})

it('is empty where there is no file yet', async () => {
  const folder = await mkdtemp(join(tmpdir(), 'mixflow-metrics-'))
  expect(await readMetrics(folder)).toEqual([])
  await writeFile(join(folder, 'metrics.jsonl'), text.slice(0, -20))
  expect(await readMetrics(folder)).toEqual(lines.slice(0, 2))
  await rm(folder, { recursive: true })
})
