/**
 * Images between two seeds: their noise is rotated from one to the other on the sphere that high-dimensional noise lies near, so
 * that everything in between is as likely as the ends (a straight line would pass through vectors that are too short).
 * Shoemake's slerp (1985), per image and stream.
 */
import { normals } from '../method/random/random.ts'
import { checkKeys } from '../util/strict.ts'
import type { SampleBackend } from './backend.ts'
import type { ClassLabel } from './class-label.ts'
import type { SourceStream } from './draw-source.ts'
import { elementsOf, type SamplerModel } from './model-facts.ts'
import { completeRequest, invalid, type SolveRequest, solveKeys } from './request.ts'
import type { SampleResult } from './result.ts'
import { drawBatch, integrateSource } from './sample.ts'

export interface InterpolateRequest extends SolveRequest {
  /** Number of images including both ends, 2 or more. */
  readonly count: number
  /** Class of all images, or of each. Default: that of image 0 of the first seed. */
  readonly label?: ClassLabel | readonly ClassLabel[] | null
}

export interface Interpolation {
  readonly seedA: number
  readonly seedB: number
  readonly request: InterpolateRequest
}

/**
 * Returns images of which the first is image 0 of `sample({ seed: seedA })` and the last that of seedB, with the same label.
 *
 * @throws MixflowError as `sample`
 */
export async function interpolate<T>(
  backend: SampleBackend<T>,
  model: SamplerModel,
  { seedA, seedB, request }: Interpolation,
): Promise<SampleResult> {
  checkKeys(request as unknown, [...solveKeys, 'count'], { what: 'the interpolation', code: 'REQUEST_INVALID' })
  const [first, last] = [seedA, seedB].map(seed => completeRequest({ seed }, model))
  const { label = first!.labels?.[0], ...rest } = request
  const completed = completeRequest({ ...rest, ...(label !== undefined && { label }), seed: seedA }, model)
  const { count } = completed
  if (count < 2) throw invalid(`an interpolation includes both ends: count must be at least 2, got ${count}`)

  const elementsPerImage = elementsOf(model.image)
  const noise = (seed: number, stream: SourceStream) => normals({ seed, stream, images: 1, elementsPerImage })
  const run = { backend, model, request: completed }
  return integrateSource(run, batch => {
    const draw = (stream: SourceStream) => {
      const [a, b] = [noise(first!.seed, stream), noise(last!.seed, stream)]
      const all = new Float32Array(batch.images * elementsPerImage)
      for (let i = 0; i < batch.images; i++) {
        all.set(slerp(a, b, (batch.firstImage + i) / (count - 1)), i * elementsPerImage)
      }
      return all
    }
    return drawBatch(run, batch, { draw })
  })
}

/** Returns the point on the great circle from a (fraction 0) to b (fraction 1); the length is interpolated, too. */
export function slerp(a: Float32Array, b: Float32Array, fraction: number): Float32Array {
  const dot = (x: Float32Array, y: Float32Array) => x.reduce((sum, value, i) => sum + value * y[i]!, 0)
  const cosine = dot(a, b) / Math.sqrt(dot(a, a) * dot(b, b))
  const angle = Math.acos(Math.min(1, Math.max(-1, cosine)))
  const sine = Math.sin(angle)
  // the same seed twice, or opposite vectors, define no great circle
  const factor = (part: number) => (sine < 1e-6 ? part : Math.sin(part * angle) / sine)
  const [fa, fb] = fraction === 0 ? [1, 0] : fraction === 1 ? [0, 1] : [factor(1 - fraction), factor(fraction)]
  return a.map((value, i) => fa * value + fb * b[i]!)
}
