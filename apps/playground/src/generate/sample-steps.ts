/** Samples a request and reports the images after each step. */
import type { SampledImage, SampleRequest, SampleResult, WebModel } from '@mixflow/sdk-web'
import type { TaskContext } from '../parts/use-task.ts'

export interface Sampling {
  /** After the latest step; those of the previous request until the first step is done. */
  readonly images: readonly (SampledImage | undefined)[]
  /** null before the first step. */
  readonly step: { readonly step: number; readonly steps: number | undefined; readonly fraction: number } | null
  /** null until the last step. */
  readonly result: SampleResult | null
}

export const notSampled: Sampling = { images: [], step: null, result: null }

export interface SamplingRequest {
  readonly model: WebModel
  readonly request: SampleRequest
}

export async function sampleSteps({ model, request }: SamplingRequest, { signal, update }: TaskContext<Sampling>) {
  update({ step: null, result: null })
  const images: (SampledImage | undefined)[] = new Array(request.count ?? 1).fill(undefined)
  const stream = model.stream({ ...request, signal })
  for (;;) {
    const next = await stream.next()
    if (next.done) return update({ images: next.value.images, result: next.value })
    const { images: batch, firstImage, step, steps, fraction } = next.value
    images.splice(firstImage - (request.firstImage ?? 0), batch.length, ...batch)
    update({ images: [...images], step: { step, steps, fraction } })
  }
}
