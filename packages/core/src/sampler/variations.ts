/**
 * Variations of a picture: κ-FC with the picture as its signal. The encoder says where the picture's sources lie, the weight w
 * how much of that is mixed into the noise: near 0 any image comes out, near 1 one much like the picture.
 */
import { checkKeys } from '../strict.ts'
import type { SampleBackend } from './backend.ts'
import { type Picture, pictureNumbers } from './picture.ts'
import {
  completeRequest,
  invalid,
  type SampleRequest,
  type SamplerModel,
  type SolveRequest,
  solveKeys,
} from './request.ts'
import type { SampleResult } from './result.ts'
import { drawBatch, integrateSource } from './sample.ts'

export interface VariationsRequest extends SolveRequest, Pick<SampleRequest, 'count' | 'firstImage' | 'seed'> {
  /** w, 0..1: how much of the picture's own source is mixed in; 0.5 unless said. */
  readonly mixtureWeight?: number
}

const keys = [...solveKeys, 'count', 'firstImage', 'seed'] as const

/** Whether a model can: its κ must contain the image. */
export const hasVariations = ({ source }: SamplerModel): boolean =>
  source?.kappa === 'image' || source?.kappa === 'image+noise'

/**
 * Images like the given one; image i of a seed has the noise of image i of `sample`, so w = 0 gives the same.
 *
 * @throws MixflowError REQUEST_INVALID, also where the model was not trained with κ = image; else as `sample`.
 */
export async function variations<T>(
  backend: SampleBackend<T>,
  model: SamplerModel,
  { picture, request = {} }: { readonly picture: Picture; readonly request?: VariationsRequest | undefined },
): Promise<SampleResult> {
  checkKeys(request as unknown, keys, { what: 'the variations request', code: 'REQUEST_INVALID' })
  if (!hasVariations(model)) {
    const trained = model.source === null ? 'without one' : `with κ = ${model.source.kappa}`
    throw invalid(
      `variations need a source that is conditioned on the image; this model was trained ${trained}`,
      'see capabilities().methods',
    )
  }
  const numbers = pictureNumbers(picture, model.image)
  const run = { backend, model, request: completeRequest({ mixtureWeight: 0.5, ...request }, model, true) }
  return integrateSource(run, batch => drawBatch(run, batch, { x1: repeated(numbers, batch.images) }))
}

/** A picture for each image of a batch. */
export function repeated(numbers: Float32Array, times: number): Float32Array {
  const all = new Float32Array(numbers.length * times)
  for (let i = 0; i < times; i++) all.set(numbers, i * numbers.length)
  return all
}
