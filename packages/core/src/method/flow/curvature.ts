/**
 * How curved the flow's trajectories are: for Euler steps from x(0) to x(1), the mean over time and elements of
 * ((x(1) − x(0)) − v(t))². 0 is a straight path, which one step would solve; lower curvature is why few steps suffice.
 * As reported in MixFlow and Fast-ODE (128 steps, 10,000 trajectories).
 *
 * With equal Euler steps x(1) − x(0) is the mean velocity, so this is the variance of v over time: it is accumulated as
 * the trajectory goes (Welford), and no trajectory is stored. For the same by time, the straightness of rectified flow (Liu
 * et al. 2022) before it is integrated, each stretch of time keeps its own moments, from which its distance from the mean
 * velocity follows in the end.
 */
import { MixflowError } from '../../errors.ts'
import { solve, type Velocity } from '../ode/solve.ts'

export interface CurvatureOptions {
  readonly elementsPerImage: number
  /** Euler steps. Default: 128. */
  readonly steps?: number
  /** Time intervals of `byTime`, at most the number of steps. Default: 1. */
  readonly bins?: number
  readonly signal?: AbortSignal | undefined
}

export interface Curvature {
  /** Mean over the images. */
  readonly mean: number
  /** Population standard deviation over the images. */
  readonly standardDeviation: number
  readonly perImage: Float64Array
  /** Of the steps in each of `bins` equal stretches of time; with as many steps in each, their mean is `mean`. */
  readonly byTime: Float64Array
  readonly nfe: number
}

/** @param x0 source images, `[images × elementsPerImage]`. */
export async function curvature(
  velocity: Velocity<Float32Array>,
  x0: Float32Array,
  { elementsPerImage, steps = 128, bins = 1, signal }: CurvatureOptions,
): Promise<Curvature> {
  const images = x0.length / elementsPerImage
  if (!Number.isInteger(images) || images < 1) {
    throw new MixflowError('ARGUMENT_INVALID', `${x0.length} numbers are no images of ${elementsPerImage}`)
  }
  if (!Number.isInteger(bins) || bins < 1 || bins > steps) {
    throw new MixflowError('ARGUMENT_INVALID', `bins must be a whole number in 1..${steps}, got ${bins}`)
  }
  const stretches = Array.from({ length: bins }, () => new Moments(x0.length))
  let count = 0
  const watched: Velocity<Float32Array> = async (x, t) => {
    const v = await velocity(x, t)
    stretches[Math.floor((count++ * bins) / steps)]!.add(v)
    return v
  }
  const { nfe } = await solve(watched, x0, { solver: 'euler', steps, signal })

  const total = stretches.slice(1).reduce((sum, next) => sum.and(next), stretches[0]!)
  const perImage = new Float64Array(images)
  for (let i = 0; i < x0.length; i++) perImage[Math.floor(i / elementsPerImage)]! += total.squares[i]!
  for (let i = 0; i < images; i++) perImage[i]! /= steps * elementsPerImage
  const mean = average(perImage)
  return {
    ...{ mean, standardDeviation: Math.sqrt(average(perImage.map(value => (value - mean) ** 2))), perImage, nfe },
    byTime: Float64Array.from(stretches, stretch => stretch.distanceFrom(total.means)),
  }
}

/** Mean and sum of squares about it, of each element (Welford; Chan, Golub and LeVeque). */
class Moments {
  count = 0
  readonly means: Float64Array
  readonly squares: Float64Array

  constructor(length: number) {
    this.means = new Float64Array(length)
    this.squares = new Float64Array(length)
  }

  add(values: Float32Array): void {
    const { means, squares } = this
    this.count++
    for (let i = 0; i < means.length; i++) {
      const off = values[i]! - means[i]!
      means[i]! += off / this.count
      squares[i]! += off * (values[i]! - means[i]!)
    }
  }

  /** Of both together. */
  and(other: Moments): Moments {
    const both = new Moments(this.means.length)
    both.count = this.count + other.count
    for (let i = 0; i < this.means.length; i++) {
      const off = other.means[i]! - this.means[i]!
      both.means[i] = this.means[i]! + (off * other.count) / both.count
      both.squares[i] = this.squares[i]! + other.squares[i]! + (off * off * this.count * other.count) / both.count
    }
    return both
  }

  /** Mean over values and elements of (value − centre)². */
  distanceFrom(centre: Float64Array): number {
    const { means, squares, count } = this
    let sum = 0
    for (let i = 0; i < means.length; i++) sum += squares[i]! / count + (means[i]! - centre[i]!) ** 2
    return sum / means.length
  }
}

const average = (values: Float64Array) => values.reduce((sum, value) => sum + value, 0) / values.length
