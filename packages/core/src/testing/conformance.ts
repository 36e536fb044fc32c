/**
 * The suite that every Sampler must pass, on any runtime and device: cases with a name and a run function, for any test framework.
 *
 *   for (const { name, run } of samplerConformance(() => loadModel(path))) it(name, run)
 *
 * `open` is called for each case and returns a new sampler of the same model. Checks are plain throws, so the suite runs
 * in a browser as it does in Node.
 */
import type { Sampler } from '../sampler/sampler.ts'
import {
  assert,
  type ConformanceCase,
  distance,
  refused,
  same,
  type TestedSource,
  type Tools,
} from './conformance/checks.ts'
import { imageCases, sourceCases } from './conformance/image-cases.ts'
import { requestCases } from './conformance/request-cases.ts'
import { sampleCases } from './conformance/sample-cases.ts'
import { streamCases } from './conformance/stream-cases.ts'
import { goldenNoise, noiseHash } from './golden-noise.ts'

export type { ConformanceCase, TestedSource } from './conformance/checks.ts'
export { classesOf, conformanceSources, referenceEncoder, sourceName } from './conformance/sources.ts'

export interface ConformanceOptions {
  /**
   * How far an image's numbers may differ between batch sizes, for runtimes whose sums depend on the batch. Default: 2e-4 (a fortieth
   * of a byte).
   */
  readonly tolerance?: number
  /** The model's source and its encoder; adds a comparison of x0 with the formula. */
  readonly source?: TestedSource
}

/** Returns the cases, each with a name and a `run` that throws. @param open returns a new sampler of the same model each time */
export function samplerConformance(
  open: () => Promise<Sampler> | Sampler,
  options: ConformanceOptions = {},
): ConformanceCase[] {
  const tools = toolsOf(open, options)
  return [
    {
      name: 'the noise has the golden hash',
      run: async () => same(await noiseHash(), goldenNoise.sha256, 'hash of the noise'),
    },
    ...sampleCases(tools),
    ...streamCases(tools),
    ...imageCases(tools),
    ...sourceCases(tools, options.source),
    ...requestCases(tools),
    {
      name: 'dispose may be called twice, also by await using; calls after it are refused',
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

/** The part of the suite that depends on the source, to run for a model of each of `conformanceSources`. */
export const sourceConformance = (
  open: () => Promise<Sampler> | Sampler,
  options: ConformanceOptions & { readonly source: TestedSource },
): ConformanceCase[] => sourceCases(toolsOf(open, options), options.source)

const toolsOf = (open: () => Promise<Sampler> | Sampler, { tolerance = 2e-4 }: ConformanceOptions): Tools => ({
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
})
