/**
 * The random draws of a training batch, made ahead of the step from (seed, number of images seen): the draws of image i
 * are the same whatever the batch size, and a resumed run draws what the unbroken one would have.
 */
import { MixflowError } from '../../errors.ts'
import { type DrawShape, integers, normals, type RandomKey, uniforms } from '../random/random.ts'
import type { MixtureWeightRule } from '../source/mixture.ts'
import type { SourceDrawName, SourceDraws } from '../source/source.ts'

export interface Draws<T> extends SourceDraws<T> {
  /** Time of each image, `[N]`, in [0, 1). */
  readonly t: T
}

export type DrawRange = Pick<RandomKey, 'seed'> & DrawShape

export interface DrawRules {
  readonly needs: readonly SourceDrawName[]
  readonly weight: MixtureWeightRule
  readonly minTime: number
}

/** Each draw that is needed, as Float32Array: `t` and `mixtureWeight` `[N]`, noises `[N × elementsPerImage]`. */
export function drawBatch(range: DrawRange, { needs, weight, minTime }: DrawRules): Draws<Float32Array> {
  const noise = (stream: 'noise' | 'encoderNoise' | 'kappaNoise') =>
    needs.includes(stream) ? { [stream]: normals({ ...range, stream }) } : {}
  return {
    t: stretchTime(uniforms({ ...range, stream: 'time', elementsPerImage: 1 }), minTime),
    ...noise('noise'),
    ...noise('encoderNoise'),
    ...noise('kappaNoise'),
    ...(needs.includes('mixtureWeight') ? { mixtureWeight: drawMixtureWeights(range, weight) } : {}),
  }
}

/** Applies `f` to each draw that is present: arrays to tensors, or a batch to a part of it. */
export function mapDraws<A, B>(draws: Draws<A>, f: (values: A, name: keyof Draws<A>) => B): Draws<B> {
  const mapped = (name: SourceDrawName) => {
    const values = draws[name]
    return values === undefined ? {} : { [name]: f(values, name) }
  }
  return {
    t: f(draws.t, 't'),
    ...mapped('noise'),
    ...mapped('encoderNoise'),
    ...mapped('kappaNoise'),
    ...mapped('mixtureWeight'),
  }
}

/** w of each image, `[N]`, by the rule. */
export function drawMixtureWeights(range: DrawRange, weight: MixtureWeightRule): Float32Array {
  const key = { ...range, stream: 'mixtureWeight', elementsPerImage: 1 } as const
  if (weight === 'uniform') return uniforms(key)
  if (typeof weight === 'number') return new Float32Array(range.images).fill(weight)
  return Float32Array.from(integers({ ...key, below: weight.levels + 1 }), level => level / weight.levels)
}

/** Times spread over [0, 1) moved to [minTime, 1). */
export function stretchTime(t: Float32Array, minTime: number): Float32Array {
  if (!(minTime >= 0 && minTime < 1)) {
    throw new MixflowError('ARGUMENT_INVALID', `minTime must be in [0, 1), got ${minTime}`)
  }
  return minTime === 0 ? t : t.map(u => u * (1 - minTime) + minTime)
}
