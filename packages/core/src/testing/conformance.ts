/**
 * The suite that every Sampler must pass, whatever runs its networks and wherever: cases with a name and a run function,
 * for any test framework.
 *
 *   for (const { name, run } of samplerConformance(() => loadModel(path))) it(name, run)
 *
 * `open` is called for each case and gives a fresh sampler of the same model. Checks are plain throws, so the suite runs
 * in a browser as it does in Node.
 */
import { MixflowError } from '../errors.ts'
import { fixedSolvers, nfeOf } from '../ode/solver.ts'
import type { SampleRequest } from '../sampler/request.ts'
import type { SampledImage, SampleProgress } from '../sampler/result.ts'
import type { Sampler } from '../sampler/sampler.ts'
import { goldenNoise, noiseHash } from './golden-noise.ts'

export interface ConformanceCase {
  readonly name: string
  run(): Promise<void>
}

export interface ConformanceOptions {
  /**
   * How far an image's numbers may differ between batch sizes, where the runtime's sums depend on the batch; 2e-4 unless
   * said (a fortieth of a byte).
   */
  readonly tolerance?: number
}

export function samplerConformance(
  open: () => Promise<Sampler> | Sampler,
  { tolerance = 2e-4 }: ConformanceOptions = {},
): ConformanceCase[] {
  const withSampler = (name: string, check: (sampler: Sampler) => Promise<void>): ConformanceCase => ({
    name,
    async run() {
      const sampler = await open()
      try {
        await check(sampler)
      } finally {
        await sampler.dispose()
      }
    },
  })
  const near = (a: readonly SampledImage[], b: readonly SampledImage[], what: string) => {
    same(a.length, b.length, `${what}: number of images`)
    const apart = Math.max(...a.map((image, i) => distance(image.data, b[i]!.data)))
    assert(apart <= tolerance, `${what}: images differ by ${apart}, allowed is ${tolerance}`)
  }

  return [
    {
      name: 'the noise has the golden hash',
      run: async () => same(await noiseHash(), goldenNoise.sha256, 'hash of the noise'),
    },

    withSampler('images have the model’s shape, finite numbers, and bytes', async sampler => {
      const { image } = sampler.capabilities()
      const { images } = await sampler.sample({ count: 2, seed: 1 })
      same(images.length, 2, 'number of images')
      for (const [i, sampled] of images.entries()) {
        same(shapeOf(sampled), shapeOf(image), 'shape')
        same(sampled.data.length, image.channels * image.height * image.width, 'numbers of an image')
        assert(sampled.data.every(Number.isFinite), 'an image holds numbers that are not finite')
        same([sampled.index, sampled.seed], [i, 1], 'index and seed')
        const { width, height, data } = sampled.toImageData()
        same([width, height, data.length], [image.width, image.height, 4 * image.width * image.height], 'ImageData')
      }
      assert(distance(images[0]!.data, images[1]!.data) > 0, 'two images of one request are the same')
    }),

    withSampler('a request may be empty, and its result can be had again from the seed it reports', async sampler => {
      const first = await sampler.sample()
      same(first.images.length, 1, 'number of images')
      const again = await sampler.sample({ seed: first.seed })
      near(first.images, again.images, 'repeated')
    }),

    withSampler('the same seed gives the same images, bit for bit; another seed others', async sampler => {
      const [a, b] = [await sampler.sample({ count: 3, seed: 7 }), await sampler.sample({ count: 3, seed: 7 })]
      for (const [i, image] of a.images.entries())
        same(distance(image.data, b.images[i]!.data), 0, `difference of image ${i}`)
      const c = await sampler.sample({ count: 3, seed: 8 })
      assert(distance(a.images[0]!.data, c.images[0]!.data) > 0, 'another seed gives the same image')
    }),

    withSampler('image i depends neither on the count nor on the batch size', async sampler => {
      const all = await sampler.sample({ count: 5, seed: 7 })
      const fewer = await sampler.sample({ count: 2, seed: 7 })
      near(all.images.slice(0, 2), fewer.images, 'two of five')
      for (const batchSize of [1, 2, 5]) {
        near(all.images, (await sampler.sample({ count: 5, seed: 7, batchSize })).images, `batchSize ${batchSize}`)
      }
    }),

    ...Object.values(fixedSolvers).map(solver =>
      withSampler(`${solver.name} costs what it says, in steps and in nfe`, async sampler => {
        for (const steps of [1, 2]) {
          const nfe = nfeOf(solver, steps)
          const bySteps = await sampler.sample({ seed: 3, solver: solver.name, steps, guidance: 0 })
          same([bySteps.steps, bySteps.nfe, bySteps.images[0]!.nfe], [steps, nfe, nfe], 'steps and nfe')
          const byNfe = await sampler.sample({ seed: 3, solver: solver.name, nfe, guidance: 0 })
          same([byNfe.steps, byNfe.nfe, byNfe.solver], [steps, nfe, solver.name], 'steps, nfe and solver')
          near(bySteps.images, byNfe.images, 'by steps and by nfe')
        }
      }),
    ),

    withSampler('dopri5 chooses its steps and counts them; perImage makes images independent', async sampler => {
      const request: SampleRequest = { seed: 3, solver: 'dopri5', tolerance: 1e-2, guidance: 0 }
      const { nfe, steps } = await sampler.sample(request)
      assert(steps >= 1 && nfe >= 2 + 6 * steps, `${steps} steps in ${nfe} evaluations`)
      const alone = await sampler.sample({ ...request, perImage: true })
      const among = await sampler.sample({ ...request, perImage: true, count: 2 })
      near(alone.images, among.images.slice(0, 1), 'alone and among others')
    }),

    withSampler('onStep sees every step of every batch, with a preview', async sampler => {
      const { image } = sampler.capabilities()
      const seen: (readonly number[])[] = []
      let previewed = 0
      const onStep = async (progress: SampleProgress) => {
        const { firstImage, images, step, steps, t, count } = progress
        seen.push([firstImage, images, step, t])
        same([steps, count], [2, 3], 'steps and count')
        for (const picture of await progress.preview()) {
          same(shapeOf(picture), shapeOf(image), 'shape of a preview')
          previewed++
        }
      }
      await sampler.sample({ count: 3, seed: 1, solver: 'euler', steps: 2, batchSize: 2, onStep })
      same(
        seen,
        [
          [0, 2, 1, 0.5],
          [0, 2, 2, 1],
          [2, 1, 1, 0.5],
          [2, 1, 2, 1],
        ],
        'steps seen',
      )
      same(previewed, 6, 'pictures previewed')
    }),

    withSampler('an abort ends the call within one step, and the sampler goes on working', async sampler => {
      const controller = new AbortController()
      let steps = 0
      const onStep = () => {
        if (++steps === 2) controller.abort()
      }
      const request: SampleRequest = { seed: 1, solver: 'euler', steps: 50, signal: controller.signal, onStep }
      await refused(() => sampler.sample(request), 'ABORTED')
      same(steps, 2, 'steps taken')
      await refused(() => sampler.sample(request), 'ABORTED')
      same(steps, 2, 'steps taken after an abort')
      await sampler.sample({ seed: 1, solver: 'euler', steps: 1 })
    }),

    withSampler('an error in onStep comes through, and the sampler goes on working', async sampler => {
      const mine = new Error('mine')
      const failing = () => {
        throw mine
      }
      const caught = await sampler.sample({ seed: 1, onStep: failing }).catch((error: unknown) => error)
      assert(caught === mine, `the error of onStep came out as ${caught}`)
      await sampler.sample({ seed: 1, solver: 'euler', steps: 1 })
    }),

    withSampler('calls at the same time do not disturb each other', async sampler => {
      const seeds = [1, 2, 3, 4]
      const together = await Promise.all(seeds.map(seed => sampler.sample({ seed, solver: 'euler', steps: 2 })))
      for (const [i, seed] of seeds.entries()) {
        near(together[i]!.images, (await sampler.sample({ seed, solver: 'euler', steps: 2 })).images, `seed ${seed}`)
      }
    }),

    withSampler(
      'labels, where there are classes: the same noise, other images; guidance costs twice',
      async sampler => {
        const { labels } = sampler.capabilities()
        const base: SampleRequest = { seed: 5, solver: 'euler', steps: 2, guidance: 0 }
        if (labels === null) {
          await refused(() => sampler.sample({ ...base, label: 0 }), 'REQUEST_INVALID')
          await refused(() => sampler.sample({ ...base, guidance: 1 }), 'REQUEST_INVALID')
          return
        }
        const last = labels.count - 1
        const mixed = await sampler.sample({ ...base, count: 2, label: [0, last] })
        same(
          mixed.images.map(image => image.label),
          [0, last],
          'labels of the images',
        )
        near(mixed.images.slice(0, 1), (await sampler.sample({ ...base, label: 0 })).images, 'label 0')
        const guided = await sampler.sample({ ...base, label: 0, guidance: 1 })
        same([guided.nfe, guided.steps], [4, 2], 'nfe and steps with guidance')
        same(
          (await sampler.sample({ ...base, label: null })).images[0]!.label,
          undefined,
          'label of an image without class',
        )
        const drawn = await sampler.sample({ ...base, count: 2 })
        near(drawn.images, (await sampler.sample({ ...base, count: 2 })).images, 'drawn labels, twice')
      },
    ),

    ...badRequests.map(([what, request]) =>
      withSampler(`refuses ${what}`, async sampler => {
        const error = await refused(() => sampler.sample(request as SampleRequest), 'REQUEST_INVALID')
        assert(error.message.length > 10, 'the message is too short to help')
      }),
    ),

    withSampler('an unknown option is refused with the nearest one', async sampler => {
      const error = await refused(() => sampler.sample({ batchsize: 3 } as SampleRequest), 'REQUEST_INVALID')
      assert(error.hint?.includes('batchSize') === true, `the hint does not name batchSize: ${error.hint}`)
    }),

    {
      name: 'dispose may be called twice, also as await using; afterwards calls are refused',
      async run() {
        const sampler = await open()
        await sampler.dispose()
        await sampler.dispose()
        await sampler[Symbol.asyncDispose]()
        await refused(() => sampler.sample({ seed: 1 }), 'MODEL_DISPOSED')
      },
    },
  ]
}

const badRequests: readonly (readonly [string, unknown])[] = [
  ['a request that is no object', 7],
  ['a count of 0', { count: 0 }],
  ['half an image', { count: 1.5 }],
  ['a count that is text', { count: '4' }],
  ['a count beyond all memory', { count: 1e15 }],
  ['a negative seed', { seed: -1 }],
  ['a seed of 2⁵³', { seed: 2 ** 53 }],
  ['steps together with nfe', { steps: 2, nfe: 2 }],
  ['no steps', { steps: 0 }],
  ['an nfe the solver cannot have', { solver: 'heun', nfe: 4 }],
  ['steps of an adaptive solver', { solver: 'dopri5', steps: 3 }],
  ['a tolerance of a fixed-step solver', { solver: 'euler', steps: 1, tolerance: 1e-3 }],
  ['an unknown solver', { solver: 'huen' }],
  ['a batch size of 0', { batchSize: 0 }],
  ['a label out of range', { label: 1_000_000 }],
  ['labels for another count', { count: 2, label: [0, 0, 0] }],
  ['a negative guidance', { guidance: -1 }],
  ['a guidance that is no number', { guidance: Number.NaN }],
  ['a mixture weight above 1', { mixtureWeight: 1.5 }],
  ['a signal that is none', { signal: {} }],
  ['an onStep that is no function', { onStep: 1 }],
]

function assert(condition: boolean, message: string): asserts condition {
  if (!condition) throw new Error(message)
}

function same(found: unknown, expected: unknown, what: string): void {
  const [a, b] = [JSON.stringify(found), JSON.stringify(expected)]
  assert(a === b, `${what}: found ${a}, expected ${b}`)
}

const shapeOf = (image: { channels: number; height: number; width: number }) => [
  image.channels,
  image.height,
  image.width,
]

function distance(a: Float32Array, b: Float32Array): number {
  if (a.length !== b.length) return Number.POSITIVE_INFINITY
  return a.reduce((most, value, i) => Math.max(most, Math.abs(value - b[i]!)), 0)
}

async function refused(run: () => Promise<unknown>, code: string): Promise<MixflowError> {
  try {
    await run()
  } catch (error) {
    assert(MixflowError.is(error), `expected a MixflowError ${code}, got ${error}`)
    same(error.code, code, `code of "${error.message}"`)
    return error
  }
  throw new Error(`expected ${code}, but the call succeeded`)
}
