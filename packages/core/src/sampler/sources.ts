/**
 * Sources: the x0 that a call would start from, without what follows, and the Gaussian that the encoder makes of κ. For whoever
 * shows the source, or measures how straight the flow leads from it: `sample({ x0 })` goes on from here.
 */

import { throwIfAborted } from '../errors.ts'
import { checkKeys } from '../util/strict.ts'
import { concatenate, repeated } from '../util/values.ts'
import type { SampleBackend } from './backend.ts'
import type { EncoderOutputs } from './draw-source.ts'
import { withLabelOf } from './infer-label.ts'
import { batches, type Run } from './integrate.ts'
import type { SamplerModel } from './model-facts.ts'
import { type Picture, pictureNumbers } from './picture.ts'
import { completeRequest, invalid, type SampleRequest } from './request.ts'
import type { SourceDraw } from './result.ts'
import { drawBatch } from './sample.ts'
import { hasVariations } from './variations.ts'

export interface SourcesRequest
  extends Pick<SampleRequest, 'count' | 'firstImage' | 'seed' | 'label' | 'mixtureWeight' | 'batchSize' | 'signal'> {
  /** κ, for models whose κ contains the image: the source is that of `variations`, with its defaults for weight and label. */
  readonly picture?: Picture
}

const keys = [
  'count',
  'firstImage',
  'seed',
  'label',
  'mixtureWeight',
  'batchSize',
  'signal',
  'picture',
] as const satisfies readonly (keyof SourcesRequest)[]

/** @throws MixflowError REQUEST_INVALID, ABORTED; MODEL_INVALID where the source needs an encoder that is missing. */
export async function sources<T>(
  backend: SampleBackend<T>,
  model: SamplerModel,
  wanted: SourcesRequest = {},
): Promise<SourceDraw> {
  checkKeys(wanted as unknown, keys, { what: 'the sources request', code: 'REQUEST_INVALID' })
  const { picture, ...rest } = wanted
  if (picture !== undefined && !hasVariations(model)) {
    throw invalid('this model’s source is not conditioned on an image', 'leave picture out; see capabilities().methods')
  }
  const x1 = picture && pictureNumbers(picture, model.image)
  const said: EncoderOutputs[] = []
  const encode = backend.encode && {
    async encode(kappa: Float32Array | Int32Array, label?: Int32Array) {
      const outputs = await backend.encode!(kappa, label)
      said.push(outputs)
      return outputs
    },
  }
  const parts = { backend: { ...backend, ...encode }, model }
  const defaults = x1 && { mixtureWeight: 0.5 }
  const drawnRun: Run<T> = { ...parts, request: completeRequest({ ...defaults, ...rest }, model, x1 !== undefined) }
  const run = x1 === undefined ? drawnRun : await withLabelOf(x1, drawnRun, rest)
  const { request } = run
  const drawn: Float32Array[] = []
  for (const batch of batches(run)) {
    throwIfAborted(request.signal)
    drawn.push(await drawBatch(run, batch, x1 && { x1: repeated(x1, batch.images) }))
  }
  return {
    ...{ x0: concatenate(drawn), seed: request.seed, mixtureWeight: request.mixtureWeight },
    label: labelsOf(request, model),
    ...whereSaid('mean', said),
    ...whereSaid('logVariance', said),
  }
}

/** As `sample` takes them; the number of classes, in all of them, is no class. */
function labelsOf({ labels }: Run<unknown>['request'], model: SamplerModel): readonly number[] | null {
  return labels === undefined || labels[0] === model.labels?.count ? null : [...labels]
}

function whereSaid(name: 'mean' | 'logVariance', said: readonly EncoderOutputs[]) {
  const parts = said.map(outputs => outputs[name]).filter(part => part !== undefined)
  return parts.length === 0 ? {} : { [name]: concatenate(parts) }
}
