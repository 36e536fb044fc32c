import { fromBytes } from '@mixflow/core'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { type Extractor, type ExtractorDescription, openExtractor } from './extractor.ts'
import { distance, sharedFile, sharedJson, sharedTensors } from './fixtures/reference.ts'

const network = sharedFile('reference/resnet/resnet56-cifar10.onnx')
const facts = sharedJson<{ results: { onnx_sha256: string } }>('reference/resnet/resnet.json')
const io = sharedTensors('reference/resnet/resnet56-io.safetensors')
const train = sharedTensors('reference/resnet/cifar10-train-resnet56.safetensors')

const description = (changes: Partial<ExtractorDescription> = {}): ExtractorDescription => ({
  name: 'ResNet56',
  sha256: facts?.results.onnx_sha256 ?? '',
  input: 'images',
  channels: 3,
  height: 32,
  width: 32,
  range: [0, 1],
  resize: 'none',
  rounding: 'round',
  features: 'features',
  dimensions: 64,
  logits: { name: 'logits', classes: 10 },
  ...changes,
})

describe.skipIf(network === undefined)('openExtractor with the CIFAR-10 ResNet-56', () => {
  if (network === undefined || io === undefined || train === undefined) return
  let extractor: Extractor
  beforeAll(async () => {
    extractor = await openExtractor(network, description(), { threads: 1 })
  })
  afterAll(() => extractor.dispose())

  it('returns the features and logits of the original network', async () => {
    const { features, logits } = await extractor.extract(fromBytes(Uint8Array.from(io.numbers('images_u8'))))
    expect(distance(features, io.float32('features'))).toBeLessThan(2e-5)
    expect(distance(logits ?? [], io.float32('logits'))).toBeLessThan(1e-4)
  })

  it('returns the same features of an image in any batch, also for several batches', async () => {
    const probes = fromBytes(Uint8Array.from(train.numbers('probe_images_u8')))
    const repeated = new Float32Array(15 * probes.length)
    for (let i = 0; i < 15; i++) repeated.set(probes, i * probes.length)
    const { features } = await extractor.extract(repeated)
    const expected = train.float32('first8_features')
    for (let i = 0; i < 15; i++)
      expect(distance(features.subarray(512 * i, 512 * (i + 1)), expected)).toBeLessThan(2e-5)
  })

  it('rounds images to bytes', async () => {
    const image = fromBytes(Uint8Array.from(io.numbers('images_u8').slice(0, 3072)))
    const [exact, near] = [image, image.map(value => value + 0.4 / 255)]
    const [a, b] = [await extractor.extract(exact), await extractor.extract(near)]
    expect(distance(a.features, b.features)).toBe(0)
  })

  it('refuses images of another size, and descriptions that do not fit', async () => {
    await expect(extractor.extract(new Float32Array(100))).rejects.toThrow(/not a whole number of 3 × 32 × 32 images/)
    const refused = (changes: object) => openExtractor(network, description(changes as never))
    await expect(refused({ features: 'pool3' })).rejects.toMatchObject({
      code: 'ARGUMENT_INVALID',
      message: 'the network of ResNet56 has no output "pool3"',
      hint: expect.stringContaining('features, logits'),
    })
    await expect(refused({ rounding: 'rond' })).rejects.toThrow(/unknown rounding/)
    await expect(refused({ dimension: 64 })).rejects.toThrow(/unknown option "dimension"/)
    await expect(openExtractor(new Uint8Array(10), description())).rejects.toMatchObject({ code: 'RUNTIME_FAILED' })
  })
})
