/** References and their cache, with the published extractor on noise. */
import { createHash } from 'node:crypto'
import { copyFileSync, mkdtempSync, readdirSync, rmSync, truncateSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fromBytes, integers } from '@mixflow/core'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { type Extractor, type ExtractorDescription, openExtractor } from './extractor.ts'
import { findExtractor } from './extractor-file.ts'
import { gaussianOf, statisticsOf } from './feature-statistics.ts'
import { distance } from './fixtures/reference.ts'
import { type ReferenceImages, referenceOf, shippedReference } from './reference.ts'
import { readStatistics, statisticsName, writeStatistics } from './statistics-file.ts'

const cacheDir = mkdtempSync(join(tmpdir(), 'mixflow-reference-'))
afterAll(() => rmSync(cacheDir, { recursive: true, force: true }))

const stored = await findExtractor('cifar10')
let extractor: Extractor
let padded: Extractor
/** How often the network was asked. */
let calls = 0

const counted = (own: Extractor): Extractor => ({
  ...own,
  extract(images, size) {
    calls++
    return own.extract(images, size)
  },
})
const open = async (changes: Partial<ExtractorDescription> = {}) =>
  counted(await openExtractor(stored.network, { ...stored.description, ...changes }, { threads: 1 }))
beforeAll(async () => {
  extractor = await open()
  padded = await open({ resize: 'pad' })
})
afterAll(async () => {
  await extractor.dispose()
  await padded.dispose()
})

function noise(seed: number, changes: Partial<ReferenceImages> = {}): ReferenceImages {
  const { count = 120, channels = 3, height = 32, width = 32 } = changes
  const elements = channels * height * width
  const bytes = Uint8Array.from(
    integers({ seed, stream: 'probe', images: count, elementsPerImage: elements, below: 256 }),
  )
  return {
    name: 'noise',
    split: 'train',
    count,
    channels,
    height,
    width,
    fingerprint: () => createHash('sha256').update(bytes).digest('hex'),
    batch: indices => ({
      images: fromBytes(
        Uint8Array.from(Array.from(indices, i => [...bytes.subarray(i * elements, (i + 1) * elements)]).flat()),
      ),
    }),
    ...changes,
  }
}

describe('referenceOf', () => {
  it('has the statistics of all images, computed once and then read from the cache, bit for bit', async () => {
    const images = noise(1)
    const fresh = await referenceOf(images, extractor, { cacheDir })
    const { features } = await extractor.extract(images.batch(Array.from({ length: 120 }, (_, i) => i)).images)
    const expected = gaussianOf(statisticsOf(features, 64))
    expect(distance(fresh.gaussian.mean, expected.mean)).toBeLessThan(1e-9)
    expect(distance(fresh.gaussian.covariance, expected.covariance)).toBeLessThan(1e-9)
    calls = 0
    const again = await referenceOf(images, extractor, { cacheDir })
    expect(again).toEqual(fresh)
    const rows = await referenceOf(images, extractor, { cacheDir, features: true })
    expect(distance(rows.features?.features ?? [], features)).toBe(0)
    const asked = calls
    expect(asked).toBeGreaterThan(0)
    expect((await referenceOf(images, extractor, { cacheDir, features: true })).features).toEqual(rows.features)
    expect(calls).toBe(asked)
  })

  it('distinguishes images, sizes, extractors and preprocessing, also by name', async () => {
    const small = { height: 28, width: 28 }
    const before = readdirSync(cacheDir).length
    const sets = [
      await referenceOf(noise(2), extractor, { cacheDir }),
      await referenceOf(noise(3), extractor, { cacheDir }),
      await referenceOf(noise(2, { split: 'test' }), extractor, { cacheDir }),
      await referenceOf(noise(2, small), padded, { cacheDir }),
      await referenceOf(noise(2, small), await open({ resize: 'tensorflow-bilinear' }), { cacheDir }),
      await referenceOf(noise(2, { ...small, channels: 1 }), padded, { cacheDir }),
    ]
    expect(readdirSync(cacheDir).length - before).toBe(sets.length)
    expect(new Set(sets.map(({ gaussian }) => gaussian.mean.join())).size).toBe(sets.length - 1) // a part's name changes no image
    const names = sets.map(({ key }) => statisticsName(key))
    expect(names[3]).toMatch(/^noise-train-n120-3x28x28-ResNet56-pad-round-[0-9a-f]{8}-e0ced8e8$/)
    // nothing is resized where the size is right: the same images and steps are the same statistics
    calls = 0
    await referenceOf(noise(2), padded, { cacheDir })
    expect(calls).toBe(0)
  })

  it('refuses a file whose name does not match its content, and a damaged one', async () => {
    const [images, others] = [noise(4), noise(5)]
    const { key } = await referenceOf(images, extractor, { cacheDir })
    const { key: other } = await referenceOf(others, extractor, { cacheDir })
    const path = (of: typeof key) => join(cacheDir, `${statisticsName(of)}.safetensors`)
    copyFileSync(path(other), path(key))
    await expect(referenceOf(images, extractor, { cacheDir })).rejects.toMatchObject({
      code: 'STATISTICS_INVALID',
      message: expect.stringMatching(/has the fingerprint [0-9a-f]+, expected/),
    })
    truncateSync(path(key), 1000)
    await expect(referenceOf(images, extractor, { cacheDir })).rejects.toMatchObject({ code: 'STATISTICS_INVALID' })
  })

  it('uses the extractor’s statistics if they are of the same images', async () => {
    const images = noise(6)
    const { key, gaussian } = await referenceOf(images, extractor, { cacheDir: null })
    const shifted = { ...gaussian, mean: gaussian.mean.map(value => value + 1) } // to be told apart
    const path = join(cacheDir, 'shipped.safetensors')
    await writeStatistics(path, { key, gaussian: shifted })
    const options = { cacheDir: null, statistics: [path] }
    expect((await referenceOf({ ...images, name: 'elsewhere' }, extractor, options)).gaussian).toEqual(shifted)
    expect((await referenceOf(noise(7), extractor, options)).gaussian).not.toEqual(shifted)
    const named = { data: 'noise', split: 'train', channels: 3, height: 32, width: 32 }
    expect((await shippedReference(named, extractor.description, [path]))?.gaussian).toEqual(shifted)
    expect(await shippedReference({ ...named, split: 'test' }, extractor.description, [path])).toBeNull()
    expect((await readStatistics(path)).key).toEqual(key)
  })

  it('refuses images of an unsupported size, and can be aborted', async () => {
    const refused = referenceOf(noise(1, { height: 28, width: 28 }), extractor, { cacheDir })
    await expect(refused).rejects.toMatchObject({
      code: 'ARGUMENT_INVALID',
      hint: expect.stringContaining('resize to "pad"'),
    })
    const signal = AbortSignal.abort()
    await expect(referenceOf(noise(8), extractor, { cacheDir, signal })).rejects.toMatchObject({ code: 'ABORTED' })
  })
})
