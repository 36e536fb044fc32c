/**
 * The path from x0 at t = 0 to x1 at t = 1, and the velocity along it that the denoiser learns to predict.
 * Rectified flow's path is the straight line.
 */
import type { Algebra } from '../algebra.ts'

export interface PathPoint<T> {
  readonly xt: T
  /** dxt/dt */
  readonly velocity: T
}

export interface Path {
  /** @param ends.t one number per image in [0, 1] */
  point<T>(algebra: Algebra<T>, ends: { readonly x0: T; readonly x1: T; readonly t: T }): PathPoint<T>
}

/** xt = t·x1 + (1 − t)·x0, computed as x0 + t·(x1 − x0); velocity x1 − x0, the same at all t. */
export function straightPath(): Path {
  return {
    point(algebra, { x0, x1, t }) {
      const velocity = algebra.sub(x1, x0)
      return { xt: algebra.add(x0, algebra.mul(velocity, t)), velocity }
    },
  }
}
