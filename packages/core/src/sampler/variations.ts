/**
 * Variations of an image: κ-FC with the image as its signal. The encoder says where the image's sources lie, the weight w how
 * much of that is mixed into the noise: near 0 any image of the class comes out, near 1 one much like the given one. A model with
 * classes needs one for the velocity, too: the given one, or that of the image as the model sees it (infer-label.ts).
 */
import type { ClassLabel } from '../format/class-label.ts'
import { checkKeys } from '../strict.ts'
import type { SampleBackend } from './backend.ts'
import { inferLabel, repeated } from './infer-label.ts'
import type { Run } from './integrate.ts'
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
  /**
   * Class of all images, or of each; `null` for no class, where the model knows that. Default: the class of the given image as the
   * model itself sees it, which costs some evaluations (40 rows with 10 classes) that `nfe` does not count.
   */
  readonly label?: ClassLabel | readonly ClassLabel[] | null
  /** w, 0..1: how much of the image's own source is mixed in. Default: 0.5. */
  readonly mixtureWeight?: number
}

const keys = [...solveKeys, 'count', 'firstImage', 'seed'] as const

/** Whether a model can: its κ must contain the image. */
export const hasVariations = ({ source }: SamplerModel): boolean =>
  source?.kappa === 'image' || source?.kappa === 'image+noise'

/**
 * Returns images like the given one. Image i of a seed has the noise of image i of `sample`, so w = 0 gives the same of that class.
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
  const x1 = pictureNumbers(picture, model.image)
  const started = performance.now()
  const run = await runOfImage({ backend, model, request: { mixtureWeight: 0.5, ...request } }, x1)
  const inferring = performance.now() - started
  const result = await integrateSource(run, batch => drawBatch(run, batch, { x1: repeated(x1, batch.images) }))
  const { milliseconds, timings } = result
  return {
    ...{ ...result, milliseconds: milliseconds + inferring },
    timings: { ...timings, source: timings.source + inferring },
  }
}

/** The call for variations of x1, completed; where the label is left open, it is the class of x1 as the model sees it. */
export async function runOfImage<T>(
  { backend, model, request }: Pick<Run<T>, 'backend' | 'model'> & { readonly request: SampleRequest },
  x1: Float32Array,
): Promise<Run<T>> {
  const run = { backend, model, request: completeRequest(request, model, true) }
  if (model.labels === null || request.label !== undefined) return run
  const labels = new Int32Array(run.request.count).fill(await inferLabel(run, x1))
  return { ...run, request: { ...run.request, labels } }
}
