/** Curvature of a model's paths, from the states after Euler steps: their differences are the velocities. The measure is core's. */
import { type Curvature, curvature, type SampleRequest } from '@mixflow/core'
import { concatenate } from '@mixflow/core/internal'
import type { WebModel } from '@mixflow/sdk-web'

export interface CurvatureRequest extends Required<Pick<SampleRequest, 'count' | 'seed' | 'signal'>> {
  readonly label: SampleRequest['label'] | undefined
  readonly steps: number
  /** @param fraction 0..1 */
  readonly onProgress?: (fraction: number) => void
}

export async function curvatureOf(model: WebModel, request: CurvatureRequest): Promise<Curvature> {
  const { count, seed, signal, label, steps, onProgress } = request
  const { image, labels } = model.capabilities()
  const common = { count, seed, signal, batchSize: count, ...(label !== undefined && { label }) }
  const { x0 } = await model.sources(common)
  const stream = model.stream({
    ...common,
    solver: 'euler',
    steps,
    gridPower: 1,
    ...(labels !== null && { guidance: 0 }),
  })
  let previous = x0
  const velocity = async () => {
    const next = await stream.next()
    if (next.done) throw new Error('the stream ended before its last step')
    onProgress?.(next.value.fraction)
    const state = concatenate(next.value.images.map(({ data }) => data))
    const difference = state.map((value, i) => (value - previous[i]!) * steps)
    previous = state
    return difference
  }
  const elementsPerImage = image.channels * image.height * image.width
  const measured = await curvature(velocity, x0, { elementsPerImage, steps, signal })
  // lets the call end
  await stream.next()
  return measured
}
