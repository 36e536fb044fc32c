/** Parts of a request, custom sources, interpolation, inversion, variations: properties that hold for any model. */
import { normals } from '../../method/random/random.ts'
import { drawSource } from '../../sampler/draw-source.ts'
import type { InvertRequest } from '../../sampler/invert.ts'
import { elementsOf } from '../../sampler/model-facts.ts'
import type { SampleRequest } from '../../sampler/request.ts'
import type { Sampler } from '../../sampler/sampler.ts'
import { repeated } from '../../util/values.ts'
import { assert, type ConformanceCase, distance, refused, same, type TestedSource, type Tools } from './checks.ts'

/** A byte is 2/255: how much an image may change when the flow is run to its source and back. */
const roundTrip = 2 * (2 / 255)
/** Largest difference of x0 from the formula with the reference encoder, for runtimes with approximate functions. */
const sourceTolerance = 2e-3

export const imageCases = ({ withSampler, near }: Tools): ConformanceCase[] => [
  withSampler('a large request can be made in parts: firstImage', async sampler => {
    const request: SampleRequest = { seed: 7, solver: 'euler', steps: 2, guidance: 0 }
    const whole = await sampler.sample({ ...request, count: 5 })
    const part = await sampler.sample({ ...request, count: 2, firstImage: 3, batchSize: 1 })
    near(part.images, whole.images.slice(3), 'images 3 and 4')
    const facts = ({ index, label, seed }: (typeof part.images)[number]) => [index, label, seed]
    same(part.images.map(facts), whole.images.slice(3).map(facts), 'index, label and seed')
  }),

  withSampler('x0 replaces the noise', async sampler => {
    const request: SampleRequest = { ...plain(sampler), solver: 'euler', steps: 2 }
    const drawn = await sampler.sample({ ...request, seed: 9, count: 3, ...(canMix(sampler) && { mixtureWeight: 0 }) })
    const x0 = normals({
      seed: 9,
      stream: 'noise',
      images: 3,
      elementsPerImage: elementsOf(sampler.capabilities().image),
    })
    const before = x0.slice()
    const given = await sampler.sample({ ...request, x0, batchSize: 2, mixtureWeight: 0 })
    near(given.images, drawn.images, 'from the same noise')
    same(distance(x0, before), 0, 'change of the caller’s x0')
    await refused(() => sampler.sample({ ...request, x0, count: 2 }), 'REQUEST_INVALID')
  }),

  withSampler('interpolate starts and ends with the images of its seeds', async sampler => {
    const request = { ...plain(sampler), solver: 'euler', steps: 2 } as const
    const { images } = await sampler.interpolate(3, 8, { ...request, count: 3, batchSize: 2 })
    same(images.length, 3, 'number of images')
    near(images.slice(0, 1), (await sampler.sample({ ...request, seed: 3 })).images, 'the first image')
    near(images.slice(2), (await sampler.sample({ ...request, seed: 8 })).images, 'the last image')
    for (const end of [0, 2]) assert(distance(images[1]!.data, images[end]!.data) > 0, 'the middle is an end')
    const still = await sampler.interpolate(3, 3, 2)
    near(still.images.slice(1), still.images.slice(0, 1), 'between a seed and itself')
    await refused(() => sampler.interpolate(1, 2, 1), 'REQUEST_INVALID')
    await refused(() => sampler.interpolate(1, -2, 2), 'REQUEST_INVALID')
  }),

  withSampler('invert finds a source that gives the image back', async sampler => {
    const request = { ...plain(sampler), solver: 'rk4', steps: 8 } as const
    const { images } = await sampler.sample({ ...request, seed: 2 })
    const { x0, nfe, networkCalls, steps, solver } = await sampler.invert(images[0]!, request)
    same(
      [x0.length, nfe, networkCalls, steps, solver],
      [elementsOf(sampler.capabilities().image), 32, 32, 8, 'rk4'],
      'numbers, nfe, network calls, steps and solver',
    )
    const again = await sampler.sample({ ...request, x0 })
    const apart = distance(again.images[0]!.data, images[0]!.data)
    assert(apart <= roundTrip, `after inverting and sampling the image differs by ${apart}`)
  }),

  withSampler('images may be ImageData; another size is refused', async sampler => {
    const { image } = sampler.capabilities()
    const { images } = await sampler.sample({ seed: 2, solver: 'euler', steps: 1 })
    const { x0 } = await sampler.invert(images[0]!.toImageData(), { solver: 'euler', steps: 1 })
    assert(
      x0.length === elementsOf(sampler.capabilities().image) && x0.every(Number.isFinite),
      'the source of an ImageData',
    )
    const wider = { ...image, width: image.width + 1 }
    const data = new Float32Array(wider.channels * wider.height * wider.width)
    await refused(() => sampler.invert({ ...wider, data }), 'REQUEST_INVALID')
    await refused(() => sampler.invert('image' as never), 'REQUEST_INVALID')
    await refused(() => sampler.invert(images[0]!, { batchSize: 2 } as InvertRequest), 'REQUEST_INVALID')
  }),
]

/** What the source decides: where images start from, variations, the encoder's inputs. */
export const sourceCases = ({ withSampler, near }: Tools, source: TestedSource | undefined): ConformanceCase[] => [
  withSampler('sources are what the images of a call start from', async sampler => {
    const { guidance, ...label } = plain(sampler)
    const request = { ...label, seed: 6, count: 3 } as const
    const solving = { guidance, solver: 'euler', steps: 2 } as const
    const drawn = await sampler.sources({ ...request, batchSize: 2 })
    const { mixtureWeight } = drawn
    same([drawn.x0.length, drawn.seed], [3 * elementsOf(sampler.capabilities().image), 6], 'numbers and seed')
    const from = await sampler.sample({ ...label, ...solving, x0: drawn.x0, mixtureWeight })
    near(from.images, (await sampler.sample({ ...request, ...solving })).images, 'images from that source')
    same((await sampler.sources({ ...request, mixtureWeight: 0 })).mean, undefined, 'mean at w = 0')
    const { images } = await sampler.sample({ ...request, ...solving, count: 1 })
    const image = images[0]!
    if (!sampler.capabilities().methods.includes('variations')) {
      await refused(() => sampler.sources({ image }), 'REQUEST_INVALID')
      return
    }
    const own = await sampler.sources({ ...request, image, mixtureWeight: 0.7 })
    if (source?.facts.gaussian !== 'off') same(own.mean?.length, own.x0.length, 'numbers of the mean')
    const cousins = await sampler.variations(image, { ...request, ...solving, mixtureWeight: 0.7 })
    const again = await sampler.sample({ ...label, ...solving, x0: own.x0, mixtureWeight: 0.7 })
    near(again.images, cousins.images, 'images from the source of an image')
    await refused(() => sampler.sources({ solver: 'euler' } as never), 'REQUEST_INVALID')
  }),

  withSampler('variations, if κ contains the image: from any image (w = 0) to the input’s own', async sampler => {
    const request = { ...plain(sampler), seed: 5, solver: 'euler', steps: 2 } as const
    const [one, two] = (await sampler.sample({ ...request, seed: 77, count: 2 })).images
    if (!sampler.capabilities().methods.includes('variations')) {
      await refused(() => sampler.variations(one!, request), 'REQUEST_INVALID')
      return
    }
    const own = await sampler.variations(one!, { ...request, mixtureWeight: 0, count: 2 })
    near(own.images, (await sampler.sample({ ...request, mixtureWeight: 0, count: 2 })).images, 'with w = 0')
    const cousins = await sampler.variations(one!, { ...request, mixtureWeight: 0.6, count: 3, batchSize: 2 })
    const first = await sampler.variations(one!, { ...request, mixtureWeight: 0.6 })
    near(first.images, cousins.images.slice(0, 1), 'one of three')
    assert(distance(cousins.images[0]!.data, cousins.images[1]!.data) > 0, 'two variations are the same')
    const others = await sampler.variations(two!, { ...request, mixtureWeight: 0.6 })
    assert(distance(others.images[0]!.data, first.images[0]!.data) > 0, 'another image has the same variations')
    await refused(() => sampler.variations(one!, { x0: one!.data } as never), 'REQUEST_INVALID')
  }),

  withSampler('variations without a label have a class that depends on the image alone', async sampler => {
    const { labels, methods } = sampler.capabilities()
    if (labels === null || !methods.includes('variations')) return
    const request = { solver: 'euler', steps: 1, guidance: 0 } as const
    const [image] = (await sampler.sample({ ...request, seed: 12, label: labels.count - 1 })).images
    const left = await sampler.variations(image!, { ...request, seed: 5, count: 3, batchSize: 2 })
    const [label] = left.images.map(({ label }) => label)
    const other = await sampler.variations(image!, { ...request, seed: 6 })
    same(
      [...left.images, ...other.images].map(({ label }) => label),
      [label, label, label, label],
      'classes',
    )
    const given = await sampler.variations(image!, { ...request, seed: 5, count: 3, label: label! })
    near(left.images, given.images, 'with that class given')
    same((await sampler.sources({ image: image!, count: 2 })).label, [label, label], 'classes of the source')
  }),

  withSampler('the encoder gets the label if it takes one', async sampler => {
    const { labels, methods } = sampler.capabilities()
    if (labels === null || labels.count < 2 || !methods.includes('variations')) return
    const [image] = (await sampler.sample({ seed: 12, solver: 'euler', steps: 1 })).images
    const meanOf = async (label: number) => {
      const { mean, x0 } = await sampler.sources({ image: image!, mixtureWeight: 1, label, seed: 1 })
      return mean ?? x0
    }
    const apart = distance(await meanOf(0), await meanOf(1))
    same(apart > 0, source?.facts.encoderLabel ?? false, 'whether the mean depends on the class')
  }),

  ...(source === undefined
    ? []
    : [
        withSampler('x0 is the mixture of the encoder’s distribution and noise', async sampler => {
          const { image, labels, methods } = sampler.capabilities()
          const label = labels === null ? undefined : [labels.count - 1, 0]
          const range = { seed: 3, firstImage: 1 }
          const [input] = methods.includes('variations')
            ? (await sampler.sample({ seed: 1, solver: 'euler', steps: 1 })).images
            : []
          for (const mixtureWeight of [0, 0.4, 1]) {
            const request = {
              ...range,
              count: 2,
              mixtureWeight,
              ...(label && { label }),
              ...(input && { image: input }),
            }
            const expected = await drawSource({
              ...{ ...range, images: 2, elementsPerImage: elementsOf(image), source: source.facts, mixtureWeight },
              x1: input && repeated(input.data, 2),
              label: label && Int32Array.from(label),
              encode: source.encode,
            })
            const apart = distance((await sampler.sources(request)).x0, expected)
            assert(apart <= sourceTolerance, `at w = ${mixtureWeight} x0 differs by ${apart}`)
          }
        }),
      ]),
]

/** One class and no guidance, where there are classes. */
const plain = (sampler: Sampler): { readonly label?: number; readonly guidance: 0 } =>
  sampler.capabilities().labels === null ? { guidance: 0 } : { label: 0, guidance: 0 }

const canMix = (sampler: Sampler) => sampler.capabilities().mixtureWeight
