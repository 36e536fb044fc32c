/** The extractor of digits classifies them, its statistics belong to it, and its distance grows with corruption. */
import { gunzipSync } from 'node:zlib'
import { fromBytes, normals } from '@mixflow/core'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { type Extractor, openExtractor } from './extractor.ts'
import { findExtractor } from './extractor-file.ts'
import { gaussianOf, statisticsOf } from './feature-statistics.ts'
import { sharedFile } from './fixtures/reference.ts'
import { frechetDistance } from './frechet-distance.ts'
import { readStatistics } from './statistics-file.ts'

const imageFile = sharedFile('data/mnist/t10k-images-idx3-ubyte.gz')
const labelFile = sharedFile('data/mnist/t10k-labels-idx1-ubyte.gz')

const stored = await findExtractor('mnist')
const train = await readStatistics(stored.statistics[0] ?? '', { data: 'mnist', split: 'train', count: 60_000 })

it('@mixflow/features-mnist includes statistics of its network', () => {
  expect(train.key).toMatchObject({ extractor: 'MnistCnn', sha256: stored.description.sha256, size: '1x28x28' })
  expect(train.gaussian.mean).toHaveLength(64)
})

describe.skipIf(imageFile === undefined || labelFile === undefined)('of 2,000 test digits', () => {
  let extractor: Extractor
  beforeAll(async () => {
    extractor = await openExtractor(stored.network, stored.description, { threads: 2 })
  })
  afterAll(() => extractor?.dispose())
  const count = 2000
  const digits = () => fromBytes(new Uint8Array(gunzipSync(imageFile!)).subarray(16, 16 + count * 784))
  const noise = normals({ seed: 1, stream: 'probe', images: count, elementsPerImage: 784 })
  const distanceOf = async (images: Float32Array) =>
    frechetDistance(train.gaussian, gaussianOf(statisticsOf((await extractor.extract(images)).features, 64))).distance

  it('misclassifies one to two percent', async () => {
    const { logits } = await extractor.extract(digits())
    const labels = new Uint8Array(gunzipSync(labelFile!)).subarray(8)
    const best = Array.from({ length: count }, (_, i) => {
      const own = logits!.subarray(10 * i, 10 * i + 10)
      return own.indexOf(Math.max(...own))
    })
    const wrong = best.filter((label, i) => label !== labels[i]).length
    expect(wrong / count).toBeLessThan(0.03)
  })

  it('has the distance in its README, which grows with noise', async () => {
    const clean = digits()
    const noisy = (deviation: number) => clean.map((value, i) => value + 2 * deviation * noise[i]!)
    const distances = [await distanceOf(clean)]
    for (const deviation of [0.02, 0.05, 0.1, 0.2]) distances.push(await distanceOf(noisy(deviation)))
    distances.push(await distanceOf(noise))
    expect(distances).toEqual([...distances].sort((a, b) => a - b))
    expect(distances.map(value => value.toPrecision(2))).toEqual(['2.7', '3.1', '4.8', '11', '40', '2.4e+3'])
  })
})
