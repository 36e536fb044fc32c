/** Quality and speed in a model card, and invalid speed records. */

import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import type { Manifest } from '@mixflow/core'
import { hostileNames, unprintable } from '@mixflow/core/testing'
import { afterAll, describe, expect, it } from 'vitest'
import {
  type PackagedEvaluation,
  packagedEvaluation,
  qualityMeasures,
  qualityRecord,
  readSpeed,
  type SpeedRecord,
} from './quality.ts'
import { qualityText } from './quality-text.ts'

const folder = mkdtempSync(join(tmpdir(), 'mixflow-cli-quality-'))
afterAll(() => rmSync(folder, { recursive: true, force: true }))

function evaluated(
  accuracies: readonly [number, number],
  curvature: number,
  guidance: number | null = 1,
): PackagedEvaluation {
  return packagedEvaluation({
    subject: { kind: 'model', source: 'somewhere/model', step: 1, imagesSeen: 64, id: 'ab', device: 'cpu, float32' },
    ...{ seed: 0, mixtureWeight: 0, loss: null },
    trajectories: { mean: curvature, standardDeviation: 0.01, trajectories: 256, steps: 128, byTime: [] },
    settings: accuracies.map((mean, i) => ({
      ...{ setting: { solver: 'heun', nfe: 3 + 2 * i }, nfe: 3 + 2 * i, steps: 2 + i, ranges: [] },
      measures: [
        { metric: 'label-accuracy', label: 'label-accuracy-MnistReader-1k', mean, deviation: null },
        { metric: 'fd', label: 'FD-MnistReader-1k', mean: 10 * mean, deviation: null },
      ],
    })),
    samples: {
      ...{ n: 1000, ranges: 1, batchSize: 64, guidance, left: [] },
      extractor: { name: 'MnistReader', sha256: '0123456789abcdef', resize: 'none', rounding: 'round' },
      reference: { data: 'mnist', split: 'train', count: 60_000 },
    },
  })
}

const speed: SpeedRecord = {
  ...{ format: 'mixflow-speed', version: 1, denoiser: 'f00d', dtype: 'float32', batchSize: 16, rounds: 9 },
  ...{ runtime: 'Node 22.1', device: 'cpu' },
  machine: { processor: 'a processor', cores: 2, threads: 2 },
  times: [
    { solver: 'heun', nfe: 3, milliseconds: 4.321 },
    { solver: 'heun', nfe: 5, milliseconds: 12.7 },
  ],
}
const inPage: SpeedRecord = {
  ...{ ...speed, runtime: 'Chromium 140', device: 'wasm', batchSize: 1 },
  machine: { ...speed.machine, threads: 1 },
  times: [{ solver: 'heun', nfe: 5, milliseconds: 30 }],
}

describe('the measures of a manifest', () => {
  const metric = 'label-accuracy-MnistReader-1k'
  const withGuidance = (guidance: number | null) =>
    qualityMeasures([evaluated([0.951, 0.978], 0.04, guidance)]).find(({ nfe }) => nfe === 5)

  it('include guidance where it is on', () => {
    expect(withGuidance(0.5)).toEqual({ metric, value: 0.978, n: 1000, nfe: 5, solver: 'heun', guidance: 0.5 })
    for (const none of [0, null])
      expect(withGuidance(none)).toEqual({ metric, value: 0.978, n: 1000, nfe: 5, solver: 'heun' })
  })
})

describe('qualityText', () => {
  const baseline = { name: '@you/model-plain', evaluations: [evaluated([0.91, 0.95], 0.06)] }
  const text = qualityText(
    qualityRecord({ evaluations: [evaluated([0.951, 0.978], 0.04)], baseline, speed: [speed, inPage] }),
  )

  it('has each measure next to the baseline, and label accuracy in percent', () => {
    const head = 'label-accuracy-MnistReader-1k | baseline | FD-MnistReader-1k | baseline'
    expect(text).toContain(`| solver | NFE | ${head} |`)
    expect(text).toContain('| heun | 3 | 95.1 % | 91.0 % | 9.51 | 9.10 |')
    expect(text).toContain('| heun | 5 | 97.8 % | 95.0 % | 9.78 | 9.50 |')
    expect(text).toContain('1,000 images, against 60,000 images of mnist (train)')
    expect(text).toContain('128 Euler steps: 0.0400; baseline 0.0600.')
  })

  it('leaves out a baseline that was sampled with other options', () => {
    const guided = { name: 'plain', evaluations: [evaluated([0.91, 0.95], 0.06, 2)] }
    const alone = qualityText(
      qualityRecord({ evaluations: [evaluated([0.951, 0.978], 0.04)], baseline: guided, speed: [] }),
    )
    expect(alone).toContain('| heun | 3 | 95.1 % |  | 9.51 |  |')
  })

  it('has the time per image in each runtime, with the machine and the conditions', () => {
    expect(text).toContain('| solver | NFE | CPU (Node 22.1) | wasm (Chromium 140) |')
    expect(text).toContain('| heun | 3 | 4.3 |  |')
    expect(text).toContain('| heun | 5 | 13 | 30 |')
    expect(text).toContain(
      'CPU (Node 22.1): float32 parameters on a processor (2 threads, 2 cores), batches of 16 images, median of 9 calls.',
    )
    expect(text).toContain('on a processor (1 thread, 2 cores), one image at a time')
  })

  it('is empty where nothing was measured, and has no paths', () => {
    expect(qualityText(qualityRecord({ evaluations: [], baseline: null, speed: [] }))).toBe('')
    expect(JSON.stringify(evaluated([1, 1], 1))).not.toContain('somewhere')
  })
})

describe('a speed record', () => {
  const manifest = { name: 'small', files: [{ path: 'denoiser.onnx', role: 'denoiser', sha256: 'f00d' }] }
  const read = (content: string) => {
    writeFileSync(join(folder, 'speed.json'), content)
    return readSpeed(join(folder, 'speed.json'), manifest as unknown as Manifest)
  }

  it('is read', async () => {
    expect(await read(JSON.stringify(speed))).toEqual(speed)
  })

  it.each<[string, string, RegExp]>([
    ['invalid JSON', '{', /is not a speed record/],
    ['another field', JSON.stringify({ ...speed, seconds: 1 }), /is not a speed record: .*seconds/s],
    ['a time of 0', JSON.stringify({ ...speed, times: [{ solver: 'heun', nfe: 3, milliseconds: 0 }] }), /times/],
    [
      'another network',
      JSON.stringify({ ...speed, denoiser: 'beef' }),
      /was measured on another network than that of small/,
    ],
  ])('with %s is refused', async (_, content, why) => {
    await expect(read(content)).rejects.toMatchObject({
      code: 'ARGUMENT_INVALID',
      message: expect.stringMatching(why),
      hint: expect.stringContaining('run model-speed'),
    })
  })

  it('that is missing is refused', async () => {
    const none = readSpeed(join(folder, 'none.json'), manifest as unknown as Manifest)
    await expect(none).rejects.toMatchObject({ code: 'ARGUMENT_INVALID', message: expect.stringMatching(/ENOENT/) })
  })
})

it.each(hostileNames)('the name %j is escaped in a card', name => {
  const named = (name: string): string => {
    const evaluation = evaluated([0.951, 0.978], 0.04)
    const samples = evaluation.samples!
    const settings = evaluation.settings.map(each => ({
      ...each,
      measures: each.measures.map(measure => ({ ...measure, label: name })),
    }))
    const own = { ...evaluation, settings, samples: { ...samples, extractor: { ...samples.extractor, name } } }
    const machine = { ...speed.machine, processor: name }
    const baseline = { name, evaluations: [] }
    return qualityText(qualityRecord({ evaluations: [own], baseline, speed: [{ ...speed, runtime: name, machine }] }))
  }
  const text = named(name)
  expect(text).not.toMatch(unprintable)
  expect(text.replaceAll(/(?<!\\)(`+).*?(?<!`)\1(?!`)/g, '')).not.toContain('<')
  const borders = (of: string) => of.split('\n').map(line => line.match(/(?<!\\)\|/g)?.length)
  expect(borders(text)).toEqual(borders(named('plain')))
})
