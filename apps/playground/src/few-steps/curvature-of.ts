/**
 * Curvature of a model's paths, by what a sampler gives: the states after Euler steps, whose differences are the velocities. The
 * measure itself is core's.
 */
import { type Curvature, curvature, type SampleRequest } from '@mixflow/core'
import { concatenate } from '@mixflow/core/internal'
import type { WebModel } from '@mixflow/sdk-web'

export interface CurvatureRequest extends Required<Pick<SampleRequest, 'count' | 'seed' | 'signal'>> {
  readonly label: SampleRequest['label'] | undefined
  readonly steps: number
  /** Called with the part that is done, 0..1. */
  readonly onProgress?: (fraction: number) => void
}

export async function curvatureOf(
  model: WebModel,
  { count, seed, signal, label, steps, onProgress }: CurvatureRequest,
): Promise<Curvature> {
  const { image, labels } = model.capabilities()
  const whose = { count, seed, signal, batchSize: count, ...(label !== undefined && { label }) }
  const { x0 } = await model.sources(whose)
  const flow = model.stream({
    ...whose,
    ...{ solver: 'euler', steps, gridPower: 1 },
    ...(labels !== null && { guidance: 0 }),
  })
  let before = x0
  const velocity = async () => {
    const next = await flow.next()
    if (next.done) throw new Error('the flow ended early')
    onProgress?.(next.value.fraction)
    const now = concatenate(next.value.images.map(({ data }) => data))
    const moved = now.map((value, i) => (value - before[i]!) * steps)
    before = now
    return moved
  }
  const measured = await curvature(velocity, x0, {
    ...{ elementsPerImage: image.channels * image.height * image.width, steps, signal },
  })
  // the call ends with its pictures
  await flow.next()
  return measured
}
