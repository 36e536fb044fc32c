/**
 * Sampler: what a loaded model can do, the same in every SDK. `@mixflow/core/testing` has the suite that holds an
 * implementation to it, and `LoadedModel` the implementation that SDKs share.
 */

import type { SolverName } from '../method/ode/solver.ts'
import type { InterpolateRequest } from './interpolate.ts'
import type { InvertRequest } from './invert.ts'
import type { ImageShape, Labels, SamplerDefaults } from './model-facts.ts'
import type { Picture } from './picture.ts'
import type { SampleRequest } from './request.ts'
import type { Inversion, SampledImage, SampleResult, SourceDraw } from './result.ts'
import type { SourcesRequest } from './sources.ts'
import type { StreamIterator } from './stream.ts'
import type { VariationsRequest } from './variations.ts'

/** `variations` needs a model whose κ contains the image; all others every model has. */
export type SamplerMethod = 'sample' | 'stream' | 'variations' | 'interpolate' | 'invert' | 'sources'

export interface Capabilities {
  readonly methods: readonly SamplerMethod[]
  readonly image: ImageShape
  /** null: the model has no classes. */
  readonly labels: Labels | null
  readonly solvers: readonly SolverName[]
  /** Whether `mixtureWeight` above 0 has a meaning for `sample`. */
  readonly mixtureWeight: boolean
  /** What a request leaves open is filled from here. */
  readonly defaults: SamplerDefaults
  /** Where the networks run, in the implementation's words. */
  readonly device: string
  /** Why it is not on a better device or off the main thread, where that was left open. */
  readonly note?: string
  readonly dtype: 'float32' | 'float16'
}

/** All methods throw MixflowError REQUEST_INVALID, ABORTED, MODEL_DISPOSED, MODEL_OUTPUT_INVALID, SOLVER_FAILED. */
export interface Sampler<I extends SampledImage = SampledImage> {
  /** Images from noise. */
  sample(request?: SampleRequest): Promise<SampleResult<I>>
  /**
   * The same, with the pictures after each step as they come; the last of each batch are the finished ones (batches may go side
   * by side). Leaving the loop ends the call. Without `onStep`.
   */
  stream(request?: Omit<SampleRequest, 'onStep'>): StreamIterator<I>
  /** Images like a picture: κ-FC with the picture as its signal, mixed by `mixtureWeight`. */
  variations(picture: Picture, request?: VariationsRequest): Promise<SampleResult<I>>
  /** Images from that of one seed to that of another, along the sphere of their noise; a number is the count. */
  interpolate(seedA: number, seedB: number, request: InterpolateRequest | number): Promise<SampleResult<I>>
  /** The source that a picture comes from: the flow run backwards. */
  invert(picture: Picture, request?: InvertRequest): Promise<Inversion>
  /** Where the images of a call would start from, and what the encoder says of it. */
  sources(request?: SourcesRequest): Promise<SourceDraw>
  capabilities(): Capabilities
  /** Frees what the model holds; running calls end with MODEL_DISPOSED or their result. Calling it again does nothing. */
  dispose(): Promise<void>
  [Symbol.asyncDispose](): Promise<void>
}
