/** The published extractor is the one of the reference numbers, and its statistics and distances are theirs. */
import { fromBytes } from '@mixflow/core'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { type Extractor, openExtractor } from './extractor.ts'
import { findExtractor } from './extractor-file.ts'
import { gaussianOf, statisticsOf } from './feature-statistics.ts'
import { distance, sharedFile, sharedJson, sharedTensors } from './fixtures/reference.ts'
import { frechetDistance } from './frechet-distance.ts'
import { readStatistics } from './statistics-file.ts'

const facts = sharedJson<{
  results: { onnx_sha256: string; calibration: Record<string, { fd: number; mean_term: number }> }
}>('reference/resnet/resnet.json')
const reference = sharedTensors('reference/resnet/cifar10-train-resnet56.safetensors')
const calibration = sharedTensors('reference/resnet/frechet-calibration.safetensors')
const testImages = sharedFile('data/cifar-10-batches-bin/test_batch_first_1000.bin')

const stored = await findExtractor('cifar10')
const train = await readStatistics(stored.statistics[0] ?? '', { data: 'cifar10', split: 'train', count: 50_000 })

describe('@mixflow/features-cifar10', () => {
  it('is found by name, package and folder', async () => {
    expect(stored.description).toMatchObject({ name: 'ResNet56', dimensions: 64, resize: 'none', rounding: 'round' })
    const folder = new URL('../../../models/features-cifar10', import.meta.url).pathname
    for (const place of ['@mixflow/features-cifar10', folder, `${folder}/extractor.json`]) {
      expect((await findExtractor(place)).description).toEqual(stored.description)
    }
  })

  it('includes statistics of its network', () => {
    expect(train.key).toMatchObject({ extractor: 'ResNet56', sha256: stored.description.sha256, size: '3x32x32' })
    expect(train.gaussian.mean).toHaveLength(64)
  })
})

describe.skipIf(facts === undefined || reference === undefined)('the statistics of the training images', () => {
  it('are those of the original network', () => {
    expect(stored.description.sha256).toBe(facts?.results.onnx_sha256)
    expect(distance(train.gaussian.mean, reference!.float64('mean'))).toBeLessThan(1e-6)
    expect(distance(train.gaussian.covariance, reference!.float64('cov'))).toBeLessThan(1e-5)
    const theirs = { mean: reference!.float64('mean'), covariance: reference!.float64('cov') }
    expect(frechetDistance(train.gaussian, theirs).distance).toBeLessThan(1e-8)
  })
})

describe.skipIf(testImages === undefined || calibration === undefined)('1,000 test images', () => {
  let extractor: Extractor
  beforeAll(async () => {
    extractor = await openExtractor(stored.network, stored.description, { threads: 2 })
  })
  afterAll(() => extractor?.dispose())

  it('have the distance of the calibration from the training images', async () => {
    const pixels = new Uint8Array(1000 * 3072)
    for (let i = 0; i < 1000; i++) pixels.set(testImages!.subarray(i * 3073 + 1, (i + 1) * 3073), i * 3072)
    const { features } = await extractor.extract(fromBytes(pixels))
    const own = gaussianOf(statisticsOf(features, 64))
    const expected = facts?.results.calibration.ii_b_train50000_vs_test1000
    const found = frechetDistance(train.gaussian, own)
    expect(found.distance).toBeCloseTo(expected?.fd ?? 0, 5)
    expect(found.meanTerm).toBeCloseTo(expected?.mean_term ?? 0, 5)
    expect(distance(own.mean, calibration!.float64('mean_test1000'))).toBeLessThan(1e-5)
  })
})
