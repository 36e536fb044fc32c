/**
 * Sampler: the methods of a loaded model, the same in every SDK. The conformance suite in `@mixflow/core/testing` checks an
 * implementation; the SDKs share one, `LoadedModel`.
 */

import type { SolverName } from '../method/ode/solver.ts'
import type { ImageInput } from './image-input.ts'
import type { InterpolateRequest } from './interpolate.ts'
import type { InvertRequest } from './invert.ts'
import type { ImageShape, Labels, SamplerDefaults } from './model-facts.ts'
import type { SampleRequest } from './request.ts'
import type { Inversion, SampledImage, SampleResult, SourceDraw } from './result.ts'
import type { SourcesRequest } from './sources.ts'
import type { StreamIterator } from './stream.ts'
import type { VariationsRequest } from './variations.ts'

/** Every model has all of these but `variations`, which needs a κ that contains the image. */
export type SamplerMethod = 'sample' | 'stream' | 'variations' | 'interpolate' | 'invert' | 'sources'

export interface Capabilities {
  readonly methods: readonly SamplerMethod[]
  readonly image: ImageShape
  /** null: the model has no classes. */
  readonly labels: Labels | null
  readonly solvers: readonly SolverName[]
  /** Whether `sample` accepts a `mixtureWeight` above 0. */
  readonly mixtureWeight: boolean
  /** Used for whatever a request leaves open. */
  readonly defaults: SamplerDefaults
  /** Where the networks run, as the implementation names it. */
  readonly device: string
  /** Why an automatic choice did not take a better device or a worker. */
  readonly note?: string
  readonly dtype: 'float32' | 'float16'
}

/** All methods throw MixflowError REQUEST_INVALID, ABORTED, MODEL_DISPOSED, MODEL_OUTPUT_INVALID, SOLVER_FAILED. */
export interface Sampler<I extends SampledImage = SampledImage> {
  /** Images from noise. */
  sample(request?: SampleRequest): Promise<SampleResult<I>>
  /**
   * As `sample`, yielding the images after each step; the last ones of each batch are finished (batches may run concurrently).
   * Leaving the loop ends the call. Takes no `onStep`.
   */
  stream(request?: Omit<SampleRequest, 'onStep'>): StreamIterator<I>
  /** Images like the input: κ-FC with the image as its signal, mixed by `mixtureWeight`. */
  variations(image: ImageInput, request?: VariationsRequest): Promise<SampleResult<I>>
  /** Images from that of one seed to that of another, with spherically interpolated noise. A number is the count. */
  interpolate(seedA: number, seedB: number, request: InterpolateRequest | number): Promise<SampleResult<I>>
  /** The source that an image comes from: the flow run backwards. */
  invert(image: ImageInput, request?: InvertRequest): Promise<Inversion>
  /** The sources that the images of a call would start from, and what the encoder predicts. */
  sources(request?: SourcesRequest): Promise<SourceDraw>
  capabilities(): Capabilities
  /** Frees the model's resources; running calls end with MODEL_DISPOSED or their result. Calling it again has no effect. */
  dispose(): Promise<void>
  [Symbol.asyncDispose](): Promise<void>
}
