/**
 * Images between two seeds: their noise is turned from one into the other on the sphere that noise of so many dimensions lies
 * near, so that everything in between is as likely as the ends (a straight line would pass through too little noise).
 * Shoemake's slerp (1985), per image and stream.
 */

import { normals } from '../method/random/random.ts'
import { checkKeys } from '../util/strict.ts'
import type { SampleBackend } from './backend.ts'
import type { ClassLabel } from './class-label.ts'
import type { SourceStream } from './draw-source.ts'
import type { SamplerModel } from './model-facts.ts'
import { completeRequest, invalid, type SolveRequest, solveKeys } from './request.ts'
import type { SampleResult } from './result.ts'
import { drawBatch, integrateSource } from './sample.ts'

export interface InterpolateRequest extends SolveRequest {
  /** Images, both ends included, 2 or more. */
  readonly count: number
  /** Class of all images, or of each. Default: that of image 0 of the first seed. */
  readonly label?: ClassLabel | readonly ClassLabel[] | null
}

export interface Ends {
  readonly seedA: number
  readonly seedB: number
}

/**
 * The first image is image 0 of `sample({ seed: seedA })`, the last one that of seedB with the same label.
 *
 * @throws MixflowError as `sample`.
 */
export async function interpolate<T>(
  backend: SampleBackend<T>,
  model: SamplerModel,
  { seedA, seedB, request: wanted }: Ends & { readonly request: InterpolateRequest | number },
): Promise<SampleResult> {
  const given = typeof wanted === 'number' ? { count: wanted } : wanted
  checkKeys(given as unknown, [...solveKeys, 'count'], { what: 'the interpolation', code: 'REQUEST_INVALID' })
  const [first, last] = [seedA, seedB].map(seed => completeRequest({ seed }, model))
  const { label = first!.labels?.[0], ...rest } = given
  const request = completeRequest({ ...rest, ...(label !== undefined && { label }), seed: seedA }, model)
  const { count } = request
  if (count < 2) throw invalid(`an interpolation has at least its two ends, got count ${count}`)

  const { channels, height, width } = model.image
  const elementsPerImage = channels * height * width
  const noise = (seed: number, stream: SourceStream) => normals({ seed, stream, images: 1, elementsPerImage })
  const run = { backend, model, request }
  return integrateSource(run, batch => {
    const draw = (stream: SourceStream) => {
      const [a, b] = [noise(first!.seed, stream), noise(last!.seed, stream)]
      const all = new Float32Array(batch.images * elementsPerImage)
      for (let i = 0; i < batch.images; i++) {
        all.set(between(a, b, (batch.firstImage + i) / (count - 1)), i * elementsPerImage)
      }
      return all
    }
    return drawBatch(run, batch, { draw })
  })
}

/** On the great circle from a (part 0) to b (part 1); their lengths are carried over evenly. */
export function between(a: Float32Array, b: Float32Array, part: number): Float32Array {
  const dot = (x: Float32Array, y: Float32Array) => x.reduce((sum, value, i) => sum + value * y[i]!, 0)
  const cosine = dot(a, b) / Math.sqrt(dot(a, a) * dot(b, b))
  const angle = Math.acos(Math.min(1, Math.max(-1, cosine)))
  const sine = Math.sin(angle)
  // one seed twice, or opposite ones: there is no circle to follow
  const weigh = (share: number) => (sine < 1e-6 ? share : Math.sin(share * angle) / sine)
  const [wa, wb] = part === 0 ? [1, 0] : part === 1 ? [0, 1] : [weigh(1 - part), weigh(part)]
  return a.map((value, i) => wa * value + wb * b[i]!)
}
