import { mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import fc from 'fast-check'
import { expect, it } from 'vitest'
import { metricsLine } from './fixtures/report-data.ts'
import { parseMetrics, readMetrics } from './read-metrics.ts'

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
