/** The sampler's contract: requests, results, and what runs the networks. */
export { type DenoiserInputs, float32Backend, type SampleBackend } from './backend.ts'
export type { ClassLabel } from './class-label.ts'
export type { ImageInput } from './image-input.ts'
export type { InterpolateRequest } from './interpolate.ts'
export type { InvertRequest } from './invert.ts'
export type { ImageShape, Labels, SamplerDefaults, SamplerModel, SourceFacts } from './model-facts.ts'
export type { SampleRequest, SolveRequest } from './request.ts'
export {
  type Inversion,
  SampledImage,
  type SampleProgress,
  type SampleResult,
  type SampleTimings,
  type SourceDraw,
  type StreamStep,
} from './result.ts'
export { sample } from './sample.ts'
export type { Capabilities, Sampler, SamplerMethod } from './sampler.ts'
export type { SourcesRequest } from './sources.ts'
export type { StreamIterator } from './stream.ts'
export type { VariationsRequest } from './variations.ts'
