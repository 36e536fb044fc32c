/**
 * Differential equations on [0, 1] whose solutions are known in closed form, to measure solvers by. Each acts on vectors
 * of any even length with elements in (−π, π); all but `rotation` element by element. None is exactly solved by a low-order method, so measured
 * orders are the true ones.
 */
export interface ExactOde {
  readonly name: string
  readonly velocity: (x: Float64Array, t: number) => Float64Array
  /** The state at time t of the trajectory from x0 at t = 0. */
  readonly solution: (x0: Float64Array, t: number) => Float64Array
}

type Scalar = (x: number, t: number) => number

const elementwise = (name: string, velocity: Scalar, solution: Scalar): ExactOde => ({
  name,
  velocity: (x, t) => x.map(value => velocity(value, t)),
  solution: (x0, t) => x0.map(value => solution(value, t)),
})

export interface GaussianData {
  readonly mean: number
  readonly deviation: number
}

const variance = (t: number, deviation: number) => (t * deviation) ** 2 + (1 - t) ** 2

/** The exact velocity of rectified flow from N(0, 1) to N(mean, deviation²): what a denoiser would learn from such data. */
export function gaussianVelocity(x: number, t: number, { mean, deviation }: GaussianData): number {
  return mean + ((t * deviation ** 2 - (1 - t)) / variance(t, deviation)) * (x - t * mean)
}

/** The flow of that velocity: it carries the source's distribution into the data's, x(1) = mean + deviation · x0. */
export function gaussianFlow(data: GaussianData): ExactOde {
  return elementwise(
    'gaussian flow',
    (x, t) => gaussianVelocity(x, t, data),
    (x0, t) => t * data.mean + Math.sqrt(variance(t, data.deviation)) * x0,
  )
}

const speed = 2

export const exactOdes: readonly ExactOde[] = [
  elementwise(
    'decay',
    x => -2 * x,
    (x0, t) => x0 * Math.exp(-2 * t),
  ),
  elementwise(
    'growth that slows',
    (x, t) => x / (1 + t) ** 2,
    (x0, t) => x0 * Math.exp(t / (1 + t)),
  ),
  elementwise(
    'sine',
    x => 2 * Math.sin(x),
    (x0, t) => 2 * Math.atan(Math.tan(x0 / 2) * Math.exp(2 * t)),
  ),
  elementwise(
    'forced',
    (x, t) => Math.cos(3 * t) - x,
    (x0, t) => (Math.cos(3 * t) + 3 * Math.sin(3 * t)) / 10 + (x0 - 1 / 10) * Math.exp(-t),
  ),
  {
    name: 'rotation',
    velocity: x => x.map((_, i) => (i % 2 === 0 ? -speed * x[i + 1]! : speed * x[i - 1]!)),
    solution: (x0, t) => {
      const [c, s] = [Math.cos(speed * t), Math.sin(speed * t)]
      return x0.map((value, i) => (i % 2 === 0 ? c * value - s * x0[i + 1]! : s * x0[i - 1]! + c * value))
    },
  },
  gaussianFlow({ mean: 0.5, deviation: 0.6 }),
]
