/** The checks of the conformance suite: plain throws, so that it runs under any test framework, or none. */
import { MixflowError } from '../../errors.ts'
import type { CallEncoder } from '../../sampler/draw-source.ts'
import type { SourceFacts } from '../../sampler/model-facts.ts'
import type { SampledImage } from '../../sampler/result.ts'
import type { Sampler } from '../../sampler/sampler.ts'

export interface ConformanceCase {
  readonly name: string
  run(): Promise<void>
}

/** The model's source, and its encoder as a function of arrays. */
export interface TestedSource {
  readonly facts: SourceFacts
  readonly encode: CallEncoder
}

export interface Tools {
  /** A case with a new sampler. */
  withSampler(name: string, check: (sampler: Sampler) => Promise<void>): ConformanceCase
  /** Checks that images are the same up to the tolerance. */
  near(a: readonly SampledImage[], b: readonly SampledImage[], what: string): void
}

export function assert(condition: boolean, message: string): asserts condition {
  if (!condition) throw new Error(message)
}

export function same(found: unknown, expected: unknown, what: string): void {
  const [a, b] = [JSON.stringify(found), JSON.stringify(expected)]
  assert(a === b, `${what}: found ${a}, expected ${b}`)
}

export const shapeOf = (image: { channels: number; height: number; width: number }) => [
  image.channels,
  image.height,
  image.width,
]

/** Sorts steps `[firstImage, images, step, …]` by batch: batches may run concurrently, the steps of one are in order. */
export const byBatch = (steps: readonly (readonly number[])[]) => [...steps].sort((a, b) => a[0]! - b[0]!)

export function distance(a: Float32Array, b: Float32Array): number {
  if (a.length !== b.length) return Number.POSITIVE_INFINITY
  return a.reduce((most, value, i) => Math.max(most, Math.abs(value - b[i]!)), 0)
}

export async function refused(run: () => Promise<unknown>, code: string): Promise<MixflowError> {
  try {
    await run()
  } catch (error) {
    assert(MixflowError.is(error), `expected a MixflowError ${code}, got ${error}`)
    same(error.code, code, `code of "${error.message}"`)
    return error
  }
  throw new Error(`expected ${code}, but the call succeeded`)
}
