/**
 * Sources: the x0 that a call would start from, and the Gaussian that the encoder predicts, without integrating. For showing the source
 * or measuring how straight the flow is; `sample({ x0 })` continues from it.
 */
import { throwIfAborted } from '../errors.ts'
import type { EncoderOutputs } from '../method/source/kappa-fc.ts'
import { checkKeys } from '../util/strict.ts'
import { concatenate, repeated } from '../util/values.ts'
import type { SampleBackend } from './backend.ts'
import type { CallEncoder } from './draw-source.ts'
import { type ImageInput, imageNumbers } from './image-input.ts'
import { withLabelOf } from './infer-label.ts'
import { batches, type Run } from './integrate.ts'
import type { SamplerModel } from './model-facts.ts'
import { completeRequest, invalid, type SampleRequest } from './request.ts'
import type { SourceDraw } from './result.ts'
import { drawBatch } from './sample.ts'
import { hasVariations } from './variations.ts'

export interface SourcesRequest
  extends Pick<SampleRequest, 'count' | 'firstImage' | 'seed' | 'label' | 'mixtureWeight' | 'batchSize' | 'signal'> {
  /** κ, for models whose κ contains the image: the source is that of `variations`, with its defaults for weight and label. */
  readonly image?: ImageInput
}

const keys = [
  'count',
  'firstImage',
  'seed',
  'label',
  'mixtureWeight',
  'batchSize',
  'signal',
  'image',
] as const satisfies readonly (keyof SourcesRequest)[]

/** Returns the sources. @throws MixflowError REQUEST_INVALID, ABORTED; MODEL_INVALID if a required encoder is missing */
export async function sources<T>(
  backend: SampleBackend<T>,
  model: SamplerModel,
  request: SourcesRequest = {},
): Promise<SourceDraw> {
  checkKeys(request as unknown, keys, { what: 'the sources request', code: 'REQUEST_INVALID' })
  const { image, ...open } = request
  if (image !== undefined && !hasVariations(model)) {
    throw invalid('this model’s source is not conditioned on an image', 'leave image out; see capabilities().methods')
  }
  const x1 = image && imageNumbers(image, model.image)
  const predicted: EncoderOutputs[] = []
  const encode: CallEncoder = async (kappa, label) => {
    const outputs = await backend.encode!(kappa, label)
    predicted.push(outputs)
    return outputs
  }
  const recording = { ...backend, ...(backend.encode && { encode }) }
  const completed = completeRequest({ ...(x1 && { mixtureWeight: 0.5 }), ...open }, model, x1 !== undefined)
  const drawn: Run<T> = { backend: recording, model, request: completed }
  const run = x1 === undefined ? drawn : await withLabelOf(x1, drawn, open)
  const { seed, mixtureWeight, labels, signal } = run.request
  const x0: Float32Array[] = []
  for (const batch of batches(run)) {
    throwIfAborted(signal)
    x0.push(await drawBatch(run, batch, x1 && { x1: repeated(x1, batch.images) }))
  }
  const hasClasses = labels !== undefined && labels[0] !== model.labels?.count
  return {
    ...{ x0: concatenate(x0), seed, mixtureWeight, label: hasClasses ? [...labels] : null },
    ...joined('mean', predicted),
    ...joined('logVariance', predicted),
  }
}

function joined(name: 'mean' | 'logVariance', outputs: readonly EncoderOutputs[]) {
  const parts = outputs.map(output => output[name]).filter(part => part !== undefined)
  return parts.length === 0 ? {} : { [name]: concatenate(parts) }
}
