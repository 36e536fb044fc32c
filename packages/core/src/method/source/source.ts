/**
 * Source<T>: the distribution that trajectories start from, at t = 0. A source turns random draws, and the signal κ where it is
 * conditioned, into x0.
 *
 * Draws are arguments and never made inside, so the same formula runs on arrays, on tensors and against reference numbers, and a training
 * step is a pure function of its inputs. `needs` names the draws that a source reads.
 */
import { MixflowError } from '../../errors.ts'
import type { Algebra } from '../algebra.ts'

/**
 * The random numbers of a batch. `noise`, `encoderNoise` and `kappaNoise` are standard normal and shaped like the images;
 * `mixtureWeight` has one number per image, 0..1.
 */
export interface SourceDraws<T> {
  /** ε of the unconditional source; in a `distribution` mixture the only ε. */
  readonly noise?: T | undefined
  /** ε of the κ-conditioned source. */
  readonly encoderNoise?: T | undefined
  /** The noise in κ, if κ is or contains noise. */
  readonly kappaNoise?: T | undefined
  readonly mixtureWeight?: T | undefined
}

export type SourceDrawName = keyof SourceDraws<unknown>

export interface SourceInput<T> {
  /** Data images; absent when sampling. */
  readonly x1?: T | undefined
  /** Class labels, one per image, in the form that the encoder takes. */
  readonly label?: T | undefined
  readonly draws: SourceDraws<T>
}

/** An independent Gaussian per pixel and channel. Without a `logVariance` the variance is 1. */
export interface Gaussian<T> {
  readonly mean: T
  readonly logVariance?: T | undefined
}

export interface SourceSample<T> {
  readonly x0: T
  /** What the encoder predicted, before any mixing; absent without a Gaussian encoder. */
  readonly gaussian?: Gaussian<T> | undefined
}

export interface Source<T> {
  readonly needs: readonly SourceDrawName[]
  sample(algebra: Algebra<T>, input: SourceInput<T>): SourceSample<T>
  /** The source to start from when there is no data image: itself, or N(0, I) if κ contains the image. */
  readonly atSampling: Source<T>
}

/** Returns an input that may be missing. @throws MixflowError ARGUMENT_INVALID if it is */
export function requireInput<T>(value: T | undefined, name: string, reason: string): T {
  if (value !== undefined) return value
  throw new MixflowError('ARGUMENT_INVALID', `"${name}" is missing: ${reason}`, { details: { name } })
}
