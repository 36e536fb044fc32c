/**
 * Inversion: the flow run backwards, from a picture at t = 1 to the source it came from at t = 0. Sampling from that source
 * gives the picture back, up to the errors of two solvers: the more steps, the nearer.
 */
import type { ClassLabel } from '../format/class-label.ts'
import { checkKeys } from '../strict.ts'
import type { SampleBackend } from './backend.ts'
import { integrate } from './integrate.ts'
import { type Picture, pictureNumbers } from './picture.ts'
import { completeRequest, type SamplerModel, type SolveRequest, solveKeys } from './request.ts'
import type { Inversion } from './result.ts'

export interface InvertRequest extends Omit<SolveRequest, 'batchSize' | 'perImage'> {
  /** Class of the image, an index or a name. Default: none; models with `labels.required` need one. */
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
  const request = completeRequest({ label: null, ...wanted, seed: 0 }, model, true)
  const result = await integrate({ backend, model, request }, { start: () => numbers, backward: true })
  const { nfe, steps, solver, milliseconds } = result
  return { x0: result.images[0]!.data, nfe, steps, solver, milliseconds }
}
