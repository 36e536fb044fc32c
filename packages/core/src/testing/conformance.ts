/**
 * The suite that every Sampler must pass, whatever runs its networks and wherever: cases with a name and a run function,
 * for any test framework.
 *
 *   for (const { name, run } of samplerConformance(() => loadModel(path))) it(name, run)
 *
 * `open` is called for each case and gives a fresh sampler of the same model. Checks are plain throws, so the suite runs
 * in a browser as it does in Node.
 */
import type { Sampler } from '../sampler/sampler.ts'
import { assert, type ConformanceCase, distance, refused, same, type Tools } from './conformance/checks.ts'
import { pictureCases } from './conformance/picture-cases.ts'
import { requestCases } from './conformance/request-cases.ts'
import { sampleCases } from './conformance/sample-cases.ts'
import { streamCases } from './conformance/stream-cases.ts'
import { goldenNoise, noiseHash } from './golden-noise.ts'

export type { ConformanceCase } from './conformance/checks.ts'

export interface ConformanceOptions {
  /**
   * How far an image's numbers may differ between batch sizes, where the runtime's sums depend on the batch; 2e-4 unless
   * said (a fortieth of a byte).
   */
  readonly tolerance?: number
  /** Whether the model's encoder is told the class besides κ = image. Default: false. */
  readonly encoderLabel?: boolean
}

/** The cases, each with a name and a `run` that throws. @param open gives a new sampler of the same model each time */
export function samplerConformance(
  open: () => Promise<Sampler> | Sampler,
  { tolerance = 2e-4, encoderLabel = false }: ConformanceOptions = {},
): ConformanceCase[] {
  const tools: Tools = {
    open,
    withSampler: (name, check) => ({
      name,
      async run() {
        const sampler = await open()
        try {
          await check(sampler)
        } finally {
          await sampler.dispose()
        }
      },
    }),
    near(a, b, what) {
      same(a.length, b.length, `${what}: number of images`)
      const apart = Math.max(...a.map((image, i) => distance(image.data, b[i]!.data)))
      assert(apart <= tolerance, `${what}: images differ by ${apart}, allowed is ${tolerance}`)
    },
  }
  return [
    {
      name: 'the noise has the golden hash',
      run: async () => same(await noiseHash(), goldenNoise.sha256, 'hash of the noise'),
    },
    ...sampleCases(tools),
    ...streamCases(tools),
    ...pictureCases(tools, encoderLabel),
    ...requestCases(tools),
    {
      name: 'dispose may be called twice, also as await using; afterwards calls are refused',
      async run() {
        const sampler = await open()
        const { images } = await sampler.sample({ seed: 1, solver: 'euler', steps: 1 })
        await sampler.dispose()
        await sampler.dispose()
        await sampler[Symbol.asyncDispose]()
        await refused(() => sampler.sample({ seed: 1 }), 'MODEL_DISPOSED')
        await refused(() => sampler.stream({ seed: 1 }).next(), 'MODEL_DISPOSED')
        await refused(() => sampler.interpolate(1, 2, 2), 'MODEL_DISPOSED')
        await refused(() => sampler.invert(images[0]!), 'MODEL_DISPOSED')
      },
    },
  ]
}
