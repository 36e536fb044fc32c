/**
 * Sampling: images from noise, or from given sources. The noise of image i is keyed by the seed and i, so it does not depend on the
 * count or the batch size; the solver's loop follows (integrate.ts).
 */
import type { SampleBackend } from './backend.ts'
import { drawSource, type SourceImages } from './draw-source.ts'
import { type Batch, type Integration, integrate, type Run } from './integrate.ts'
import { elementsOf, type SamplerModel } from './model-facts.ts'
import { resolveRequest, type SampleRequest } from './request.ts'
import type { SampleResult } from './result.ts'

/**
 * Samples images.
 *
 * @throws MixflowError REQUEST_INVALID for a bad request; ABORTED; MODEL_OUTPUT_INVALID if an image is not finite;
 * SOLVER_FAILED from adaptive solvers. Errors of the backend pass through.
 */
export async function sample<T>(
  backend: SampleBackend<T>,
  model: SamplerModel,
  request: SampleRequest = {},
): Promise<SampleResult> {
  const resolved = resolveRequest(request, model)
  const { x0 } = request
  const size = elementsOf(model.image)
  const rows = ({ firstImage, images }: Batch) => {
    const first = firstImage - resolved.firstImage
    return x0!.slice(first * size, (first + images) * size) // a copy: backends may compute in place
  }
  return integrateSource({ backend, model, request: resolved }, x0 && rows)
}

/** Integrates from t = 0, from `start` or else from the seed's source. */
export async function integrateSource<T>(run: Run<T>, start?: Integration['start']): Promise<SampleResult> {
  const { images, ...result } = await integrate(run, { start: start ?? (batch => drawBatch(run, batch)) })
  return { ...result, images, seed: run.request.seed }
}

/** Returns x0 of a batch for the model's source and the request. */
export function drawBatch<T>(
  { backend, model, request }: Run<T>,
  { firstImage, images, labels }: Batch,
  overrides: Pick<SourceImages, 'x1' | 'draw'> = {},
): Promise<Float32Array> {
  const { seed, mixtureWeight } = request
  return drawSource({
    ...{ source: model.source, seed, mixtureWeight, firstImage, images, label: labels },
    elementsPerImage: elementsOf(model.image),
    encode: backend.encode?.bind(backend),
    ...overrides,
  })
}
