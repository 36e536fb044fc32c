import {
  drawGaussian,
  float32Algebra,
  mixDistributions,
  normals,
  type SampleRequest,
  type SourceFacts,
} from '@mixflow/core'
import {
  classesOf,
  conformanceSources,
  referenceEncoder,
  samplerConformance,
  sourceConformance,
  sourceName,
} from '@mixflow/core/testing'
import { folderOf, image, type ModelFiles, type SmallModelOptions, smallModel } from '@mixflow/test-model'
import { decode } from 'fast-png'
import { InferenceSession, Tensor } from 'onnxruntime-node'
import sharp from 'sharp'
import { afterAll, describe, expect, it } from 'vitest'
import { type LoadModelOptions, loadModel } from './load-model.ts'
import { encodePng, NodeImage } from './node-image.ts'

const source: SourceFacts = {
  kappa: 'label',
  gaussian: 'mean-variance',
  mixing: 'distribution',
  tanh: false,
  conditionOnWeight: true,
  klWeight: 1e-5,
}
const classes = 3
const elements = image.channels * image.height * image.width

const kappaImage: SourceFacts = { ...source, kappa: 'image', conditionOnWeight: false }

async function load(files: ModelFiles, options: LoadModelOptions = {}) {
  await using folder = await folderOf(files)
  return await loadModel(folder.path, options)
}

describe.each<[string, SmallModelOptions, LoadModelOptions]>([
  ['a plain model', {}, {}],
  ['a model with classes', { classes }, {}],
  ['a model that starts from its encoder', { classes, source }, {}],
  ['a model with float16 weights', { classes, half: true }, { dtype: 'float16' }],
  ['a model in two workers', { classes, source }, { workers: 2 }],
  ['a model in a worker', { source: kappaImage }, { workers: 1 }],
])('%s is a Sampler', async (_, options, loading) => {
  const folder = await folderOf(await smallModel(options))
  afterAll(() => folder[Symbol.asyncDispose]())
  for (const { name, run } of samplerConformance(() => loadModel(folder.path, loading))) it(name, run)
})

describe.each(conformanceSources.map(facts => [sourceName(facts), facts] as const))(
  'a model with %s',
  async (_, facts) => {
    const folder = await folderOf(await smallModel({ classes: classesOf(facts) ?? 0, source: facts }))
    afterAll(() => folder[Symbol.asyncDispose]())
    const source = { facts, encode: referenceEncoder(facts, image) }
    for (const { name, run } of sourceConformance(() => loadModel(folder.path), { source })) it(name, run)
  },
)

/** What one Euler step gives, straight from ONNX Runtime. */
describe('an Euler step from t = 0 is x0 + velocity', async () => {
  const files = await smallModel({ classes, source })
  const graph = async (name: string) => {
    const session = await InferenceSession.create(files.get(name)!)
    return async (feeds: Record<string, Tensor>) => {
      const outputs = await session.run(feeds)
      return Object.fromEntries(Object.entries(outputs).map(([key, { data }]) => [key, data as Float32Array]))
    }
  }
  const [denoiser, encoder] = [await graph('denoiser.onnx'), await graph('encoder.onnx')]
  const label = [2, 0]
  const images = label.length
  const noise = normals({ seed: 11, stream: 'noise', images, elementsPerImage: elements })
  const velocity = async (x: Float32Array, labels: number[], w: number) => {
    const outputs = await denoiser({
      x: new Tensor('float32', x, [images, image.channels, image.height, image.width]),
      t: new Tensor('float32', new Float32Array(images), [images]),
      label: new Tensor('int32', Int32Array.from(labels), [images]),
      w: new Tensor('float32', new Float32Array(images).fill(w), [images]),
    })
    return outputs.velocity!
  }
  async function sampled(request: SampleRequest): Promise<number[]> {
    await using model = await load(files)
    const result = await model.sample({ count: images, seed: 11, solver: 'euler', steps: 1, label, ...request })
    return result.images.flatMap(({ data }) => [...data])
  }
  const close = (found: number[], expected: Float32Array) => {
    expect(found).toHaveLength(expected.length)
    found.forEach((value, i) => void expect(value).toBeCloseTo(expected[i]!, 5))
  }

  it('from noise alone', async () => {
    const v = await velocity(noise, label, 0)
    close(
      await sampled({ guidance: 0, mixtureWeight: 0 }),
      noise.map((x, i) => x + v[i]!),
    )
  })

  it('with guidance, away from the velocity without label', async () => {
    const [v, u] = [await velocity(noise, label, 0), await velocity(noise, [classes, classes], 0)]
    close(
      await sampled({ guidance: 1.5, mixtureWeight: 0 }),
      noise.map((x, i) => x + v[i]! + 1.5 * (v[i]! - u[i]!)),
    )
  })

  it('from the source of each class, mixed by the weight', async () => {
    const encoded = await encoder({ kappa: new Tensor('int32', Int32Array.from(label), [images]) })
    const gaussian = { mean: encoded.mean!, logVariance: encoded.logVariance! }
    const algebra = float32Algebra({ elementsPerImage: elements })
    const x0 = mixDistributions(algebra, { gaussian, mixtureWeight: 0.7, noise })
    const v = await velocity(x0, label, 0.7)
    close(
      await sampled({ guidance: 0, mixtureWeight: 0.7 }),
      x0.map((x, i) => x + v[i]!),
    )
    const whole = drawGaussian(algebra, gaussian, noise)
    const v1 = await velocity(whole, label, 1)
    close(
      await sampled({ guidance: 0 }),
      whole.map((x, i) => x + v1[i]!),
    )
  })
})

describe('concurrent calls', async () => {
  const files = await smallModel({ classes })

  it('take turns: a short one ends long before a long one that began first', async () => {
    await using model = await load(files)
    let longSteps = 0
    const long = model.sample({ seed: 1, solver: 'euler', steps: 200, guidance: 0, onStep: () => void longSteps++ })
    await model.sample({ seed: 2, solver: 'euler', steps: 5, guidance: 0 })
    expect(longSteps).toBeGreaterThan(2)
    expect(longSteps).toBeLessThan(20)
    await long
    expect(longSteps).toBe(200)
  })

  it('fail separately', async () => {
    await using model = await load(files)
    const mine = new Error('mine')
    const throwing = () => {
      throw mine
    }
    const [fails, aborts, works] = await Promise.allSettled([
      model.sample({ steps: 9, onStep: throwing }),
      model.sample({ steps: 9, signal: AbortSignal.timeout(0) }),
      model.sample({ seed: 3, steps: 3, label: 1 }),
    ])
    expect(fails).toEqual({ status: 'rejected', reason: mine })
    expect(aborts).toMatchObject({ status: 'rejected', reason: { code: 'ABORTED' } })
    const alone = await model.sample({ seed: 3, steps: 3, label: 1 })
    expect(works).toMatchObject({ status: 'fulfilled', value: { images: [{ data: alone.images[0]!.data }] } })
  })

  it('end when the model is disposed of, which then releases it', async () => {
    const model = await load(files)
    const calls = [1, 2, 3].map(seed => model.sample({ seed, solver: 'euler', steps: 100 }))
    const first = model.dispose()
    expect(model.dispose()).toBe(first)
    for (const outcome of await Promise.allSettled(calls)) {
      expect(outcome).toMatchObject({ status: 'rejected', reason: { code: 'MODEL_DISPOSED' } })
    }
    await first
    await expect(model.sample()).rejects.toMatchObject({ code: 'MODEL_DISPOSED' })
  })
})

describe('the networks of a model', async () => {
  const files = await smallModel({ classes, source })
  const images = 2
  const x = normals({ seed: 4, stream: 'noise', images, elementsPerImage: elements })
  const inputs = { t: Float32Array.of(0, 0), label: Int32Array.of(2, 0), w: Float32Array.of(0.5, 0.5) }

  it('are those that sampling uses', async () => {
    await using model = await load(files)
    const { velocity, encode } = model.networks()
    const request: SampleRequest = { seed: 4, count: images, label: [2, 0], guidance: 0, solver: 'euler', steps: 1 }
    const sampled = await model.sample({ ...request, mixtureWeight: 0.5 })
    const encoded = await encode!(inputs.label)
    const gaussian = { mean: encoded.mean!, logVariance: encoded.logVariance! }
    const algebra = float32Algebra({ elementsPerImage: elements })
    const x0 = mixDistributions(algebra, { gaussian, mixtureWeight: 0.5, noise: x })
    const x1 = algebra.add(x0, await velocity(x0, inputs))
    expect(sampled.images.flatMap(image => [...image.data])).toEqual([...x1])
  })

  it('refuse invalid inputs, and fail after an abort or dispose', async () => {
    const model = await load(files)
    const { velocity } = model.networks()
    const refused = (code: string, message: RegExp) => ({ code, message: expect.stringMatching(message) })
    const { label, ...rest } = inputs
    await expect(velocity(x, rest)).rejects.toMatchObject(refused('ARGUMENT_INVALID', /"label" must be int32 \[2\]/))
    await expect(velocity(x.subarray(1), inputs)).rejects.toMatchObject({ code: 'ARGUMENT_INVALID' })
    await expect(velocity(x.subarray(elements), inputs)).rejects.toMatchObject({ code: 'ARGUMENT_INVALID' })
    const wrong = { ...inputs, label: Float32Array.from(label) as unknown as Int32Array }
    await expect(velocity(x, wrong)).rejects.toMatchObject({ code: 'ARGUMENT_INVALID' })
    const aborted = model.networks({ signal: AbortSignal.abort() })
    await expect(aborted.velocity(x, inputs)).rejects.toMatchObject({ code: 'ABORTED' })
    await model.dispose()
    await expect(velocity(x, inputs)).rejects.toMatchObject({ code: 'MODEL_DISPOSED' })
  })
})

it('values that are not finite are an error, and the model stays usable', async () => {
  await using model = await load(await smallModel({ breaksAfter: 0.4 }))
  await expect(model.sample({ solver: 'euler', steps: 2, seed: 1 })).rejects.toMatchObject({
    code: 'MODEL_OUTPUT_INVALID',
  })
  expect((await model.sample({ solver: 'euler', steps: 1, seed: 1 })).images).toHaveLength(1)
})

describe('images', async () => {
  const files = await smallModel({ classes })

  it('become PNG files with the pixels of the image', async () => {
    await using model = await load(files)
    const { images, timings, milliseconds } = await model.sample({ count: 2, seed: 1, label: 1 })
    for (const sampled of images) {
      const png = decode(await sampled.toPng())
      expect([png.width, png.height, png.channels, png.depth]).toEqual([image.width, image.height, 1, 8])
      expect([...png.data]).toEqual([...sampled.toBytes()])
    }
    expect((await images[0]!.toBuffer()).equals(await images[0]!.toPng())).toBe(true)
    expect((await images[0]!.toBuffer()).toString('base64')).toMatch(/^iVBORw0KGgo/)
    expect(timings.solve).toBeGreaterThan(0)
    expect(milliseconds).toBeGreaterThanOrEqual(timings.solve + timings.source)
  })

  it.each([1, 3, 4])('of %d channels keep each pixel in its place', channels => {
    const [height, width] = [2, 3]
    const planes = Array.from({ length: channels * 6 }, (_, i) => (i * 255) / (channels * 6 - 1))
    const data = Float32Array.from(planes, byte => byte / 127.5 - 1)
    const png = decode(encodePng({ channels, height, width, data }))
    const expected = Array.from({ length: 6 * channels }, (_, i) =>
      Math.round(planes[(i % channels) * 6 + Math.floor(i / channels)]!),
    )
    expect([...png.data]).toEqual(expected)
  })

  it.each([1, 3, 4] as const)('of %d channels are read by sharp as they are', async channels => {
    const [height, width] = [2, 3]
    const data = Float32Array.from({ length: 6 * channels }, (_, i) => Math.sin(i))
    const sampled = new NodeImage({ ...{ channels, height, width, data }, index: 0, seed: 0, label: undefined, nfe: 1 })
    const raw = sampled.toRaw()
    const read = await sharp(raw.data, { raw: { ...raw, channels } })
      .toColourspace(channels === 1 ? 'b-w' : 'srgb')
      .raw()
      .toBuffer({ resolveWithObject: true })
    expect(read.info).toMatchObject({ channels, height, width })
    const planes = sampled.toBytes()
    expect([...read.data]).toEqual(
      Array.from({ length: 6 * channels }, (_, i) => planes[(i % channels) * 6 + Math.floor(i / channels)]),
    )
    expect(await sharp(await sampled.toPng()).metadata()).toMatchObject({ width, height, channels })
  })

  it('of two channels cannot be PNG files', () => {
    const two = { channels: 2, height: 1, width: 1, data: new Float32Array(2) }
    expect(() => encodePng(two)).toThrow('is not grey, RGB or RGBA')
  })
})
