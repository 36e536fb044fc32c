/** The image of neighbours: its setting, its samples and their order, and the training images below. */

import { imageGrid, type PlanarImage, sample } from '@mixflow/core'
import { analyticModel } from '@mixflow/core/testing'
import type { RangeMeasures, SettingMeasures } from '@mixflow/measure'
import { createDataset } from '@mixflow/train'
import { describe, expect, it } from 'vitest'
import { neighboursGrid, neighboursImage, neighboursText } from './neighbours-image.ts'

const generator = analyticModel()
const shape = { channels: 3, height: 4, width: 5 } as const
const size = 3 * 4 * 5
const data = createDataset({
  ...{ name: 'shades', split: 'train', ...shape, labels: null, classNames: null, licence: null, attribution: null },
  images: Uint8Array.from({ length: 10 * size }, (_, i) => 20 * Math.floor(i / size)),
})

type Nearest = NonNullable<RangeMeasures['nearCopies']>['nearest']

const range = (firstImage: number, nearest: Nearest): RangeMeasures => ({
  ...{ firstImage, images: 50, nfe: 3, steps: 2 },
  ...{ frechet: null, inception: null, labelAccuracy: null, precisionRecall: null },
  nearCopies: { share: 0.02, distance: 0.9, images: 50, pairs: [], nearest },
})
const measured = (nfe: number, distance: number, ranges: readonly RangeMeasures[]): SettingMeasures => ({
  ...{ setting: { solver: 'heun', nfe }, nfe, steps: 2, ranges },
  measures: [
    { metric: 'near-copies', label: 'near-copies-ResNet56-50', mean: 0.0125, deviation: 0.01 },
    { metric: 'neighbour-distance', label: 'neighbour-distance-ResNet56-50', mean: distance, deviation: 0.034 },
  ],
})
const settings = [
  measured(3, 0.97, [range(0, [{ generated: 1, distance: 0.01, training: [1, 2] }])]),
  measured(5, 0.9, [
    range(0, [
      { generated: 7, distance: 0.3, training: [4, 9] },
      { generated: 2, distance: 0.5, training: [0, 3] },
    ]),
    range(50, [{ generated: 61, distance: 0.4, training: [8, 5] }]),
  ]),
]
const options = { generator, data, seed: 3, signal: new AbortController().signal, onProgress: () => {} }

describe('the image of neighbours', () => {
  it('has the samples of the setting nearest to the training images, nearest first, each above its neighbours', async () => {
    const { images } = await sample(generator.backend, generator.model, { solver: 'heun', nfe: 5, seed: 3, count: 62 })
    const plain = (value: number): PlanarImage => ({ ...shape, data: new Float32Array(size).fill(value) })
    const training = (row: number) => plain((20 * row) / 127.5 - 1)
    const expected = imageGrid(
      [
        ...[7, 61, 2].map(i => images[i]!),
        ...[-0.7, -0.7, -0.7].map(plain),
        ...[4, 8, 0].map(training),
        ...[9, 5, 3].map(training),
      ],
      { columns: 3, padding: 1, background: -0.7 },
    )
    expect(await neighboursGrid(settings, options)).toEqual(expected)
    const png = Buffer.from((await neighboursImage(settings, options))!)
    expect([png.readUInt32BE(16), png.readUInt32BE(20)]).toEqual([16 * (3 * 6 + 1), 16 * (4 * 5 + 1)])
  })

  it('has twelve samples of all ranges', async () => {
    const nearest = (first: number) =>
      Array.from({ length: 12 }, (_, i) => ({ generated: first + i, distance: i, training: [0, 1, 2, 3] }))
    const many = [measured(5, 0.9, [range(0, nearest(0)), range(50, nearest(50))])]
    expect(await neighboursGrid(many, options)).toMatchObject({ width: 12 * 6 + 1, height: 6 * 5 + 1 })
  })

  it('is not drawn where nothing was measured, or the training images have another shape', async () => {
    const none = settings.map(setting => ({ ...setting, measures: [] }))
    expect(await neighboursImage(none, options)).toBeNull()
    const other = createDataset({ ...data, height: 5, width: 4 })
    expect(await neighboursImage(settings, { ...options, data: other })).toBeNull()
  })
})

describe('the text about neighbours', () => {
  it('says of which setting, which share are near copies, and how near the samples are', () => {
    const text = neighboursText(settings, 'neighbours.png')
    expect(text).toContain('Near copies (near-copies-ResNet56-50): 1.25 % of the samples of heun at 5 NFE')
    expect(text).toContain('The median sample is 0.900 ± 0.034 times as far')
    expect(text).toMatch(/\n\n!\[[^\]\n]+\]\(neighbours\.png\)$/)
  })

  it('is empty where nothing was measured', () => {
    expect(neighboursText([{ ...settings[0]!, measures: [] }], 'neighbours.png')).toBe('')
  })
})
