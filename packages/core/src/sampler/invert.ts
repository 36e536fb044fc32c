/**
 * Inversion: the flow run backwards, from an image at t = 1 to the source it came from at t = 0. Sampling from that source
 * returns the image, up to the errors of two solver runs: the more steps, the closer.
 */
import { checkKeys } from '../util/strict.ts'
import type { SampleBackend } from './backend.ts'
import type { ClassLabel } from './class-label.ts'
import { type ImageInput, imageNumbers } from './image-input.ts'
import { withLabelOf } from './infer-label.ts'
import { integrate } from './integrate.ts'
import type { SamplerModel } from './model-facts.ts'
import { completeRequest, type SolveRequest, solveKeys } from './request.ts'
import type { Inversion } from './result.ts'

export interface InvertRequest extends Omit<SolveRequest, 'batchSize' | 'perImage'> {
  /**
   * Class of the image, an index or a name; `null` for no class, if the model supports that. Default: no class; if the model needs one
   * (`labels.required`), the class that it infers, as in `variations`.
   */
  readonly label?: ClassLabel | null
}

const keys = solveKeys.filter(key => key !== 'batchSize' && key !== 'perImage')

/** Returns the source of an image. @throws MixflowError as `sample` */
export async function invert<T>(
  backend: SampleBackend<T>,
  model: SamplerModel,
  { image, request = {} }: { readonly image: ImageInput; readonly request?: InvertRequest | undefined },
): Promise<Inversion> {
  checkKeys(request as unknown, keys, { what: 'the inversion', code: 'REQUEST_INVALID' })
  const x1 = imageNumbers(image, model.image).slice()
  const { label = model.labels?.required ? undefined : null, ...rest } = request
  const call = { ...rest, ...(label !== undefined && { label }), seed: 0 }
  const started = performance.now()
  const run = await withLabelOf(x1, { backend, model, request: completeRequest(call, model, true) }, call)
  const { images, timings, ...result } = await integrate(run, { start: () => x1, backward: true })
  const source = images[0]!
  return { ...result, x0: source.data, label: source.label ?? null, milliseconds: performance.now() - started }
}
