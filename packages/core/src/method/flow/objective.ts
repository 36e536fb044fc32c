/**
 * The training objective, whole: draw x0 from the source, go to xt along the path, and let the denoiser predict the
 * velocity.
 *
 *   loss = mean (D(xt, t) − (x1 − x0))² + klWeight · KL(N(μ, σ²) ‖ N(0, I))
 *
 * MixFlow, equations of sections 3 and 4. Gradients reach the encoder through x0, both by way of xt and of the target,
 * and through the KL term. Networks are functions and random draws are arguments; what differentiates, and how
 * parameters are held, is the caller's choice.
 */

import { MixflowError } from '../../errors.ts'
import { checkKeys } from '../../util/strict.ts'
import type { Algebra } from '../algebra.ts'
import { klDivergence } from '../source/gaussian.ts'
import type { Mixture } from '../source/mixture.ts'
import { type Gaussian, requireInput, type Source } from '../source/source.ts'
import { type DrawRange, type Draws, drawBatch, stretchTime } from './draws.ts'
import { type Path, straightPath } from './path.ts'

/** What a denoiser may be conditioned on besides xt and t; one number (or label) per image each. */
export interface Condition<T> {
  readonly label?: T | undefined
  readonly mixtureWeight?: T | undefined
}

/** The velocity network: xt (a batch of images), t `[N]` -> predicted velocity, shaped like xt. */
export type Denoiser<T> = (xt: T, t: T, condition: Condition<T>) => T

export interface ObjectiveSpec<T> {
  readonly source: Source<T> | Mixture<T>
  /** Default: the straight path. */
  readonly path?: Path
  /** β: weight of the KL term, per nat and image. Default: 0. */
  readonly klWeight?: number
  /** Condition the denoiser on w; requires a mixture as source. Default: false. */
  readonly conditionOnWeight?: boolean
  /** Stop the gradient at x0, so that only the KL term trains the encoder. Default: false. */
  readonly detachEncoder?: boolean
  /** Draw t from [minTime, 1) rather than [0, 1). */
  readonly minTime?: number
}

export interface ObjectiveInput<T> {
  readonly denoiser: Denoiser<T>
  /** Data images. */
  readonly x1: T
  readonly label?: T | undefined
  readonly draws: Draws<T>
}

export interface ObjectiveResult<T> {
  /** flowLoss + klWeight · kl: a single number. */
  readonly loss: T
  /** Mean squared error of the velocity over all elements: a single number. */
  readonly flowLoss: T
  /** Nats per image: a single number; absent without a Gaussian encoder. */
  readonly kl?: T | undefined
  readonly parts: {
    readonly x0: T
    readonly xt: T
    /** The target x1 − x0. */
    readonly velocity: T
    readonly predicted: T
    readonly gaussian?: Gaussian<T> | undefined
  }
}

export interface Objective<T> {
  /** The random draws of images `firstImage …` under a seed; see `drawBatch`. */
  draw(range: DrawRange): Draws<Float32Array>
  /** @throws MixflowError ARGUMENT_INVALID naming a draw, label or image that the source needs and was not given. */
  loss(algebra: Algebra<T>, input: ObjectiveInput<T>): ObjectiveResult<T>
}

const specKeys = ['source', 'path', 'klWeight', 'conditionOnWeight', 'detachEncoder', 'minTime']

export function objective<T>(spec: ObjectiveSpec<T>): Objective<T> {
  checkKeys(spec, specKeys, { what: 'objective', required: ['source'] })
  const { source, path = straightPath(), klWeight = 0, minTime = 0 } = spec
  if (!(klWeight >= 0 && klWeight < Number.POSITIVE_INFINITY)) {
    throw new MixflowError('ARGUMENT_INVALID', `klWeight must be a number of at least 0, got ${klWeight}`)
  }
  stretchTime(new Float32Array(0), minTime)
  if (spec.conditionOnWeight && !('weight' in source)) {
    throw new MixflowError('ARGUMENT_INVALID', 'conditionOnWeight: the source has no mixture weight', {
      hint: 'use mixture(kappaFc(encoder), standardNormal()) as the source, or leave conditionOnWeight out',
    })
  }

  return {
    draw: range => drawBatch(range, { needs: source.needs, weight: 'weight' in source ? source.weight : 0, minTime }),

    loss(algebra, { denoiser, x1, label, draws }) {
      const sampled = source.sample(algebra, { x1, label, draws })
      const x0 = spec.detachEncoder ? algebra.stopGradient(sampled.x0) : sampled.x0
      const { xt, velocity } = path.point(algebra, { x0, x1, t: draws.t })
      const mixtureWeight = spec.conditionOnWeight ? weightPerImage(algebra, source, draws) : undefined
      const predicted = denoiser(xt, draws.t, { label, mixtureWeight })
      const flowLoss = algebra.mean(algebra.square(algebra.sub(predicted, velocity)))

      const { gaussian } = sampled
      const parts = { x0, xt, velocity, predicted, gaussian }
      if (gaussian === undefined) return { loss: flowLoss, flowLoss, parts }
      const kl = klDivergence(algebra, gaussian)
      return { loss: algebra.add(flowLoss, algebra.scale(kl, klWeight)), flowLoss, kl, parts }
    },
  }
}

function weightPerImage<T>(algebra: Algebra<T>, source: Source<T> | Mixture<T>, draws: Draws<T>): T {
  if ('weight' in source && typeof source.weight === 'number') {
    return algebra.offset(algebra.scale(draws.t, 0), source.weight)
  }
  return requireInput(draws.mixtureWeight, 'mixtureWeight', 'the denoiser is conditioned on it')
}
