/**
 * Inversion: the flow run backwards, from a picture at t = 1 to the source it came from at t = 0. Sampling from that source
 * gives the picture back, up to the errors of two solvers: the more steps, the nearer.
 */

import { checkKeys } from '../util/strict.ts'
import type { SampleBackend } from './backend.ts'
import type { ClassLabel } from './class-label.ts'
import { withLabelOf } from './infer-label.ts'
import { integrate } from './integrate.ts'
import type { SamplerModel } from './model-facts.ts'
import { type Picture, pictureNumbers } from './picture.ts'
import { completeRequest, type SolveRequest, solveKeys } from './request.ts'
import type { Inversion, SampledImage } from './result.ts'

export interface InvertRequest extends Omit<SolveRequest, 'batchSize' | 'perImage'> {
  /**
   * Class of the image, an index or a name; `null` for no class, where the model knows that. Default: no class; where the model needs
   * one (`labels.required`), the class of the image as the model itself sees it, as in `variations`.
   */
  readonly label?: ClassLabel | null
}

const keys = solveKeys.filter(key => key !== 'batchSize' && key !== 'perImage')

/** @throws MixflowError as `sample`. */
export async function invert<T>(
  backend: SampleBackend<T>,
  model: SamplerModel,
  { picture, request: wanted = {} }: { readonly picture: Picture; readonly request?: InvertRequest | undefined },
): Promise<Inversion> {
  checkKeys(wanted as unknown, keys, { what: 'the inversion', code: 'REQUEST_INVALID' })
  const numbers = pictureNumbers(picture, model.image).slice()
  const { label = model.labels?.required ? undefined : null, ...rest } = wanted
  const call = { ...rest, ...(label !== undefined && { label }), seed: 0 }
  const started = performance.now()
  const run = await withLabelOf(numbers, { backend, model, request: completeRequest(call, model, true) }, call)
  const { images, nfe, steps, solver } = await integrate(run, { start: () => numbers, backward: true })
  const [source] = images as readonly [SampledImage]
  const milliseconds = performance.now() - started
  return { x0: source.data, label: source.label ?? null, nfe, steps, solver, milliseconds }
}
