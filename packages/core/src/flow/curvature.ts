/**
 * How curved the flow's trajectories are: for Euler steps from x(0) to x(1), the mean over time and elements of
 * ((x(1) − x(0)) − v(t))². 0 is a straight path, which one step would solve; lower curvature is why few steps suffice.
 * As reported in MixFlow and Fast-ODE (128 steps, 10,000 trajectories).
 *
 * With equal Euler steps x(1) − x(0) is the mean velocity, so this is the variance of v over time: it is accumulated as
 * the trajectory goes (Welford), and no trajectory is stored.
 */
import { MixflowError } from '../errors.ts'
import { solve, type Velocity } from '../ode/solve.ts'

export interface CurvatureOptions {
  readonly elementsPerImage: number
  /** Euler steps, 128 unless said. */
  readonly steps?: number
  readonly signal?: AbortSignal
}

export interface Curvature {
  /** Mean over the images. */
  readonly mean: number
  /** Population standard deviation over the images. */
  readonly standardDeviation: number
  readonly perImage: Float64Array
  readonly nfe: number
}

/** @param x0 source images, `[images × elementsPerImage]`. */
export async function curvature(
  velocity: Velocity<Float32Array>,
  x0: Float32Array,
  { elementsPerImage, steps = 128, signal }: CurvatureOptions,
): Promise<Curvature> {
  const images = x0.length / elementsPerImage
  if (!Number.isInteger(images) || images < 1) {
    throw new MixflowError('ARGUMENT_INVALID', `${x0.length} numbers are no images of ${elementsPerImage}`)
  }
  const means = new Float64Array(x0.length)
  const squares = new Float64Array(x0.length)
  let count = 0
  const watched: Velocity<Float32Array> = async (x, t) => {
    const v = await velocity(x, t)
    count++
    for (let i = 0; i < means.length; i++) {
      const off = v[i]! - means[i]!
      means[i]! += off / count
      squares[i]! += off * (v[i]! - means[i]!)
    }
    return v
  }
  const { nfe } = await solve(watched, x0, { solver: 'euler', steps, signal })

  const perImage = new Float64Array(images)
  for (let i = 0; i < squares.length; i++) perImage[Math.floor(i / elementsPerImage)]! += squares[i]!
  for (let i = 0; i < images; i++) perImage[i]! /= steps * elementsPerImage
  const mean = average(perImage)
  return { mean, standardDeviation: Math.sqrt(average(perImage.map(value => (value - mean) ** 2))), perImage, nfe }
}

const average = (values: Float64Array) => values.reduce((sum, value) => sum + value, 0) / values.length
