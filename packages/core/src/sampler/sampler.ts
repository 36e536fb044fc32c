/**
 * Sampler: what a loaded model can do, the same in every SDK. `@mixflow/core/testing` has the suite that holds an
 * implementation to it. Methods to come (streams of intermediate pictures, variations of a picture, interpolation between
 * seeds, inversion) will each be a method here and a word in `Capabilities.methods`.
 */
import type { Manifest } from '../format/manifest.ts'
import type { ImageShape, Labels } from '../format/model-facts.ts'
import type { SolverName } from '../ode/solver.ts'
import type { SampleRequest } from './request.ts'
import type { SampledImage, SampleResult } from './result.ts'

export type SamplerMethod = 'sample'

export interface Capabilities {
  readonly methods: readonly SamplerMethod[]
  readonly image: ImageShape
  /** null: the model has no classes. */
  readonly labels: Labels | null
  readonly solvers: readonly SolverName[]
  /** Whether `mixtureWeight` above 0 has a meaning. */
  readonly mixtureWeight: boolean
  /** What a request leaves open is filled from here. */
  readonly defaults: Manifest['sampler']
  /** Where the networks run, in the implementation's words. */
  readonly device: string
  readonly dtype: 'float32' | 'float16'
}

export interface Sampler<I extends SampledImage = SampledImage> {
  /**
   * Images from noise.
   *
   * @throws MixflowError REQUEST_INVALID, ABORTED, MODEL_DISPOSED, MODEL_OUTPUT_INVALID, SOLVER_FAILED.
   */
  sample(request?: SampleRequest): Promise<SampleResult<I>>
  capabilities(): Capabilities
  /** Frees what the model holds; running calls end with MODEL_DISPOSED or their result. Calling it again does nothing. */
  dispose(): Promise<void>
  [Symbol.asyncDispose](): Promise<void>
}
