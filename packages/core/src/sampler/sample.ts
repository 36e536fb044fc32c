/**
 * Sampling: images from noise, or from sources that are given. The noise of image i is keyed by the seed and i, so it is the
 * same whatever the count and the batch size; what follows is the solver's loop (integrate.ts).
 */
import type { SampleBackend } from './backend.ts'
import { drawSource, type SourceImages } from './draw-source.ts'
import { type Batch, type Integration, integrate, type Run } from './integrate.ts'
import type { SamplerModel } from './model-facts.ts'
import { resolveRequest, type SampleRequest } from './request.ts'
import type { SampleResult } from './result.ts'

/**
 * Samples images.
 *
 * @throws MixflowError REQUEST_INVALID for a bad request; ABORTED; MODEL_OUTPUT_INVALID where an image is not finite;
 * SOLVER_FAILED of adaptive solvers. What the backend throws comes through.
 */
export async function sample<T>(
  backend: SampleBackend<T>,
  model: SamplerModel,
  wanted: SampleRequest = {},
): Promise<SampleResult> {
  const request = resolveRequest(wanted, model)
  const run: Run<T> = { backend, model, request }
  const { x0 } = wanted
  return integrateSource(
    run,
    x0 && (({ firstImage, images }) => rows(x0, firstImage - request.firstImage, images, model)),
  )
}

/** Integrates from t = 0, where each batch starts from `source`, or else from its seed's own. */
export async function integrateSource<T>(run: Run<T>, source?: Integration['start']): Promise<SampleResult> {
  const { images, ...result } = await integrate(run, { start: source ?? (batch => drawBatch(run, batch)) })
  return { ...result, images, seed: run.request.seed }
}

/** x0 of a batch, as the model's source and the request have it; `over` says what else plays a part. */
export function drawBatch<T>(
  { backend, model, request }: Run<T>,
  { firstImage, images, labels }: Batch,
  over: Pick<SourceImages, 'x1' | 'draw'> = {},
): Promise<Float32Array> {
  const { channels, height, width } = model.image
  return drawSource({
    source: model.source,
    ...{ seed: request.seed, mixtureWeight: request.mixtureWeight, firstImage, images },
    elementsPerImage: channels * height * width,
    label: labels,
    encode: backend.encode?.bind(backend),
    ...over,
  })
}

function rows(x0: Float32Array, first: number, images: number, { image }: SamplerModel): Float32Array {
  const size = image.channels * image.height * image.width
  // a copy: whoever computes in place must not change the caller's
  return x0.slice(first * size, (first + images) * size)
}
