/**
 * Variations of an image: κ-FC with the image as its signal. The encoder predicts where the image's sources lie, and the mixture weight w
 * how much of that is mixed into the noise: near 0 any image of the class comes out, near 1 one much like the input. A model with classes
 * also needs a label for the velocity: the request's, or the one that the model infers (infer-label.ts).
 */
import { kappaHasImage } from '../method/source/kappa-fc.ts'
import { checkKeys } from '../util/strict.ts'
import { repeated } from '../util/values.ts'
import type { SampleBackend } from './backend.ts'
import type { ClassLabel } from './class-label.ts'
import { type ImageInput, imageNumbers } from './image-input.ts'
import { withLabelOf } from './infer-label.ts'
import type { SamplerModel } from './model-facts.ts'
import {
  completeRequest,
  invalid,
  type ResolvedRequest,
  type SampleRequest,
  type SolveRequest,
  solveKeys,
} from './request.ts'
import type { SampleResult } from './result.ts'
import { drawBatch, integrateSource } from './sample.ts'

export interface VariationsRequest extends SolveRequest, Pick<SampleRequest, 'count' | 'firstImage' | 'seed'> {
  /**
   * Class of all images, or of each; `null` for no class, if the model supports that. Default: the class of the input as the model infers
   * it, which costs some evaluations (as many as 40 images with 10 classes) that `nfe` does not count.
   */
  readonly label?: ClassLabel | readonly ClassLabel[] | null
  /** w, 0..1: how much of the image's own source is mixed in. Default: 0.5. */
  readonly mixtureWeight?: number
}

const keys = [...solveKeys, 'count', 'firstImage', 'seed'] as const

/** Whether the model has variations: its κ contains the image. */
export const hasVariations = ({ source }: SamplerModel): boolean => source !== null && kappaHasImage(source.kappa)

/**
 * Returns a variations request, checked and completed. A label that is left open is drawn from the seed here; `withLabelOf` replaces it.
 *
 * @throws MixflowError REQUEST_INVALID, also if the model was not trained with κ = image
 */
export function resolveVariations(request: VariationsRequest, model: SamplerModel): ResolvedRequest {
  checkKeys(request as unknown, keys, { what: 'the variations request', code: 'REQUEST_INVALID' })
  if (!hasVariations(model)) {
    const trained = model.source === null ? 'without a conditioned source' : `with κ = ${model.source.kappa}`
    throw invalid(
      `variations need a source that is conditioned on the image; this model was trained ${trained}`,
      'see capabilities().methods',
    )
  }
  return completeRequest({ mixtureWeight: 0.5, ...request }, model, true)
}

/**
 * Returns images like the input. Image i of a seed has the noise of image i of `sample`, so w = 0 gives the same image of that class.
 *
 * @throws MixflowError REQUEST_INVALID, also if the model was not trained with κ = image; otherwise as `sample`
 */
export async function variations<T>(
  backend: SampleBackend<T>,
  model: SamplerModel,
  { image, request = {} }: { readonly image: ImageInput; readonly request?: VariationsRequest | undefined },
): Promise<SampleResult> {
  const resolved = resolveVariations(request, model)
  const x1 = imageNumbers(image, model.image)
  const started = performance.now()
  const run = await withLabelOf(x1, { backend, model, request: resolved }, request)
  const inferring = performance.now() - started
  const result = await integrateSource(run, batch => drawBatch(run, batch, { x1: repeated(x1, batch.images) }))
  const { milliseconds, timings } = result
  return {
    ...result,
    milliseconds: milliseconds + inferring,
    timings: { ...timings, source: timings.source + inferring },
  }
}
