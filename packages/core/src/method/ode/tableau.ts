/**
 * Explicit Runge-Kutta methods as data: one Butcher tableau each, run by one loop (solve.ts) or, where the tableau
 * estimates its own error, by the adaptive one (adaptive.ts). Tables from Hairer, Nørsett and Wanner, "Solving Ordinary
 * Differential Equations I", chapter II; dopri5 from Dormand and Prince (1980).
 */
export interface Tableau {
  readonly name: string
  /** The global error shrinks as (step size)^order. */
  readonly order: number
  /** c: when each stage is evaluated, as a part of the step. c[0] = 0. */
  readonly nodes: readonly number[]
  /** a: row i has the i factors of the earlier stages' velocities in stage i's state; its sum is c[i]. */
  readonly stages: readonly (readonly number[])[]
  /** b: factors of the velocities in the step; their sum is 1. */
  readonly weights: readonly number[]
}

/** A tableau with a second, less accurate result; the two's difference estimates the error of the step. */
export interface EmbeddedTableau extends Tableau {
  /** b − b̂, one more than there are stages: the last is for the velocity at the new state. Their sum is 0. */
  readonly errorWeights: readonly number[]
  /** Order of the less accurate result. */
  readonly embeddedOrder: number
}

export const euler = {
  name: 'euler',
  order: 1,
  nodes: [0],
  stages: [[]],
  weights: [1],
} as const satisfies Tableau

export const midpoint = {
  name: 'midpoint',
  order: 2,
  nodes: [0, 1 / 2],
  stages: [[], [1 / 2]],
  weights: [0, 1],
} as const satisfies Tableau

/** Heun's method, also called the explicit trapezoidal rule. */
export const heun = {
  name: 'heun',
  order: 2,
  nodes: [0, 1],
  stages: [[], [1]],
  weights: [1 / 2, 1 / 2],
} as const satisfies Tableau

/** The classical method of Runge and Kutta. */
export const rk4 = {
  name: 'rk4',
  order: 4,
  nodes: [0, 1 / 2, 1 / 2, 1],
  stages: [[], [1 / 2], [0, 1 / 2], [0, 0, 1]],
  weights: [1 / 6, 1 / 3, 1 / 3, 1 / 6],
} as const satisfies Tableau

/**
 * Dormand and Prince's 5(4). Its seventh stage is the velocity at the new state, which is the first stage of the next
 * step: six evaluations a step.
 */
export const dopri5 = {
  name: 'dopri5',
  order: 5,
  nodes: [0, 1 / 5, 3 / 10, 4 / 5, 8 / 9, 1],
  stages: [
    [],
    [1 / 5],
    [3 / 40, 9 / 40],
    [44 / 45, -56 / 15, 32 / 9],
    [19372 / 6561, -25360 / 2187, 64448 / 6561, -212 / 729],
    [9017 / 3168, -355 / 33, 46732 / 5247, 49 / 176, -5103 / 18656],
  ],
  weights: [35 / 384, 0, 500 / 1113, 125 / 192, -2187 / 6784, 11 / 84],
  errorWeights: [71 / 57600, 0, -71 / 16695, 71 / 1920, -17253 / 339200, 22 / 525, -1 / 40],
  embeddedOrder: 4,
} as const satisfies EmbeddedTableau
