/**
 * `mixflow evaluate` reproduces the quality in published packages: the Fréchet distance at the lowest NFE, for small models. The tolerance
 * is 1e-3, because processors round differently.
 */

import { mkdtempSync, readdirSync, readFileSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, describe, expect, it } from 'vitest'
import type { EvaluationResult } from '../../commands/evaluate/evaluation.ts'
import { commandIn } from '../../fixtures/run-command.ts'
import { readModelPackages } from './model-packages.ts'

const models = join(import.meta.dirname, '../../../../../models')
const packages = (await readModelPackages(models)).filter(
  ({ manifest: { source, training } }) => source !== null && training.parameters < 1e6,
)
const extractors = readdirSync(models)
  .filter(name => name.startsWith('features-'))
  .map(name => join(models, name))
  .map(folder => ({ folder, name: JSON.parse(readFileSync(join(folder, 'extractor.json'), 'utf8')).name as string }))

const folder = mkdtempSync(join(tmpdir(), 'mixflow-cli-measured-'))
afterAll(() => rmSync(folder, { recursive: true, force: true }))

describe.each(packages)('$name', ({ name, folder: model, quality }) => {
  it('has the Fréchet distance recorded in its package', { timeout: 300_000 }, async () => {
    const isDistance = ({ metric }: { readonly metric: string }) => metric === 'fd'
    const { samples, settings, seed } = quality!.evaluations.find(({ settings }) =>
      settings.some(({ measures }) => measures.some(isDistance)),
    )!
    const { setting, nfe, measures } = settings.reduce((a, b) => (a.nfe <= b.nfe ? a : b))
    const { folder: features } = extractors.find(extractor => extractor.name === samples!.extractor.name)!
    const guidance = samples!.guidance === null ? {} : { guidance: samples!.guidance }
    const numbers = { ...guidance, nfe, n: samples!.n, ranges: samples!.ranges, 'batch-size': samples!.batchSize, seed }
    const { code, stdout, stderr } = await commandIn(folder)([
      ...['evaluate', model, '--json', '--out', name, '--metrics', 'fd', '--solver', setting.solver!],
      ...['--data', samples!.reference!.data, '--features', features],
      ...['--resize', samples!.extractor.resize, '--rounding', samples!.extractor.rounding],
      ...Object.entries(numbers).flatMap(([flag, value]) => [`--${flag}`, String(value)]),
    ])
    expect([code, code === 0 ? '' : stderr]).toEqual([0, ''])
    const again = (JSON.parse(stdout) as EvaluationResult).settings[0]!.measures.find(isDistance)!
    const said = measures.find(isDistance)!
    expect(again.label).toBe(said.label)
    expect(again.mean / said.mean).toBeCloseTo(1, 3)
  })
})
