/** Samples into a sink, so that no more is held than a batch of each worker, from where an earlier call came to. */

import type { SampleRequest, SampleResult } from '@mixflow/core'
import type { SampleSink } from './sample-output.ts'

export interface SamplingCost {
  /** Sampled in this call. */
  readonly images: number
  /** Per image. */
  readonly nfe: number
  readonly steps: number
  readonly milliseconds: number
}

export interface SamplingWork {
  readonly model: { sample(request: SampleRequest): Promise<SampleResult> }
  /** The seed is given, and `count` and `firstImage` are left open. */
  readonly request: SampleRequest
  readonly count: number
  readonly batchSize: number
  /** Batches that the model evaluates side by side. */
  readonly workers: number
  readonly onProgress: (fraction: number) => void
}

export async function sampleInto(
  sink: SampleSink,
  { model, request, count, batchSize, workers, onProgress }: SamplingWork,
): Promise<SamplingCost> {
  const cost = { images: 0, nfe: 0, steps: 0, milliseconds: 0 }
  // batches begin where they always do: the steps of an adaptive solver depend on all images of one
  const start = Math.floor(sink.kept / batchSize) * batchSize
  const atOnce = batchSize * workers
  for (let firstImage = start; firstImage < count && sink.kept < count; firstImage += atOnce) {
    const images = Math.min(atOnce, count - firstImage)
    const result = await model.sample({
      ...{ ...request, firstImage, count: images, batchSize },
      onStep: ({ fraction }) => onProgress((firstImage + images * fraction) / count),
    })
    await sink.add(result.images.filter(({ index }) => index >= sink.kept))
    cost.images += images
    cost.nfe += images * result.nfe
    cost.steps += images * result.steps
    cost.milliseconds += result.milliseconds
  }
  const mean = (sum: number) => (cost.images === 0 ? 0 : sum / cost.images)
  return { ...cost, nfe: mean(cost.nfe), steps: mean(cost.steps) }
}
